// Tables that sort, filter and turn pages: TanStack Table (headless) over plain HTML tables.
// columns: { id, name, value(row), show?(row) -> node or text, number?, wide? }
function table(rows, columns, { caption, sort = null, filter = false, size = 50, empty = say("empty") } = {}) {
  const host = element("div", { class: "table" });
  if (!rows.length) return host.append(note(empty)), host;
  const { createTable, getCoreRowModel, getFilteredRowModel, getSortedRowModel, getPaginationRowModel } = window.planmine_tables;
  const rank = new Intl.Collator("zh");
  const compare = (a, b, id) => {
    const [x, y] = [a.getValue(id), b.getValue(id)];
    if (x === null || x === undefined || y === null || y === undefined) return x === y ? 0 : (x ?? null) === null ? -1 : 1;
    return typeof x === "number" && typeof y === "number" ? x - y : rank.compare(x, y);
  };
  const state = { sorting: sort ? [{ id: sort, desc: true }] : [], globalFilter: "", pagination: { pageIndex: 0, pageSize: size } };
  const model = createTable({
    data: rows, state: {}, renderFallbackValue: null, onStateChange: () => {},
    columns: columns.map(({ id, value }) => ({ id, accessorFn: value, sortingFn: compare, enableGlobalFilter: true })),
    getColumnCanGlobalFilter: () => true,
    globalFilterFn: (row, id, text) => String(row.getValue(id) ?? "").toLowerCase().includes(text.toLowerCase()),
    getCoreRowModel: getCoreRowModel(), getFilteredRowModel: getFilteredRowModel(), getSortedRowModel: getSortedRowModel(), getPaginationRowModel: getPaginationRowModel(),
    autoResetPageIndex: false,
  });
  const full = { ...model.initialState };
  const set = (change) => {
    Object.assign(state, change);
    model.setOptions((old) => ({ ...old, state: { ...full, ...state } }));
    draw();
  };
  const head = element("tr");
  const body = element("tbody");
  const turn = element("p", { class: "turn" });
  const heads = columns.map((column) => {
    const mark = element("span", { class: "mark", "aria-hidden": "true" });
    const press = () => {
      const [now] = state.sorting;
      const desc = now?.id === column.id ? !now.desc : Boolean(column.number);
      set({ sorting: [{ id: column.id, desc }], pagination: { ...state.pagination, pageIndex: 0 } });
    };
    const box = element("th", { scope: "col", class: column.number ? "num" : null }, element("button", { type: "button", click: press }, column.name, mark));
    head.append(box);
    return { column, box, mark };
  });
  function draw() {
    for (const { column, box, mark } of heads) {
      const [now] = state.sorting;
      const own = now?.id === column.id;
      box.setAttribute("aria-sort", own ? (now.desc ? "descending" : "ascending") : "none");
      mark.textContent = own ? (now.desc ? " ↓" : " ↑") : "";
    }
    body.replaceChildren(...model.getRowModel().rows.map(({ original }) => element("tr", {}, ...columns.map((column) => {
      const shown = column.show ? column.show(original) : column.value(original);
      return element("td", { class: column.number ? "num" : column.wide ? "wide" : null }, shown === null || shown === undefined ? "–" : shown instanceof Node ? shown : column.number ? String(shown) : quoted(shown));
    }))));
    const total = model.getFilteredRowModel().rows.length;
    const pages = Math.max(1, Math.ceil(total / size));
    const at = state.pagination.pageIndex;
    const go = (to, text) => element("button", { type: "button", disabled: to < 0 || to >= pages, click: () => set({ pagination: { ...state.pagination, pageIndex: to } }) }, text);
    turn.replaceChildren(...(pages > 1 ? [go(at - 1, say("back")), ` ${say("pageOf", at + 1, pages)} `, go(at + 1, say("next"))] : []), ` ${say("rows", integer(total))}`);
  }
  if (filter) {
    const input = element("input", { type: "search", input: (event) => set({ globalFilter: event.target.value, pagination: { ...state.pagination, pageIndex: 0 } }) });
    host.append(element("p", { class: "controls" }, element("label", {}, `${say("filter")} `, input)));
  }
  const region = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption });
  region.append(element("table", { class: "list" }, element("caption", { class: "hidden" }, caption), element("thead", {}, head), body));
  host.append(region, turn);
  set({});
  return host;
}
// Rows of a table of columns.
const records = (columns) => {
  const names = Object.keys(columns);
  return (columns[names[0]] ?? []).map((_, i) => Object.fromEntries(names.map((name) => [name, columns[name][i]])));
};
