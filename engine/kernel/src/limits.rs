//! The limits of evaluation, each with its reason (page 6, rule 13).

/// Longest expression in bytes: what fits a screen; also bounds the parser's work.
pub const EXPRESSION_BYTES: usize = 4_096;
/// Deepest nesting of an expression, so that neither parser nor evaluator can exhaust the stack.
pub const EXPRESSION_DEPTH: usize = 64;
/// Operations a script may take: rhai's own counter.
pub const SCRIPT_OPERATIONS: u64 = 200_000;
/// Progress calls of all engines of one run together: rhai does not count what runs inside native
/// call-backs (F4), so a second counter of ours does.
pub const SCRIPT_TICKS: u64 = 400_000;
/// Longest text a script may build, in bytes.
pub const SCRIPT_TEXT: usize = 65_536;
/// Most elements of an array.
pub const SCRIPT_ARRAY: usize = 10_000;
/// Most entries of a map.
pub const SCRIPT_MAP: usize = 1_000;
/// Bytes of all texts, arrays and maps made by our functions in one run: bounds many middling ones.
pub const SCRIPT_BYTES: usize = 32 * 1024 * 1024;
/// Deepest calls of functions.
pub const SCRIPT_CALLS: usize = 32;
/// Most variables in scope.
pub const SCRIPT_VARIABLES: usize = 256;
/// Most functions of one script file.
pub const SCRIPT_FUNCTIONS: usize = 64;
/// Longest source of one script file, in bytes.
pub const SCRIPT_SOURCE: usize = 131_072;
/// Longest source of all script files of a package, in bytes.
pub const SCRIPT_SOURCES: usize = 4 * SCRIPT_SOURCE;
/// Most levels of people above somebody that one expression may ask for.
pub const MANAGER_LEVELS: u32 = 20;
/// Deepest tree that is walked upwards; deeper ones are refused when they are made.
pub const TREE_DEPTH: usize = 64;
