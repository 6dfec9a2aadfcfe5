export { default as Search } from "@leeoniya/ufuzzy";
