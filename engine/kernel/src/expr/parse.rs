//! rhai's parser, set up once: the syntax of expressions and of scripts.

use crate::{Fault, limits};
use rhai::{AST, Engine, OptimizationLevel};
use std::sync::OnceLock;

/// An engine that only parses; it knows no function.
fn parser() -> &'static Engine {
    static PARSER: OnceLock<Engine> = OnceLock::new();
    PARSER.get_or_init(|| {
        let mut engine = Engine::new_raw();
        engine
            // What is folded away could not be judged: `1 / 3` must be seen to be refused.
            .set_optimization_level(OptimizationLevel::None)
            .set_max_expr_depths(limits::EXPRESSION_DEPTH, limits::SCRIPT_CALLS)
            .set_max_string_size(limits::SCRIPT_TEXT)
            .set_max_array_size(limits::SCRIPT_ARRAY)
            .set_max_map_size(limits::SCRIPT_MAP)
            .set_max_functions(limits::SCRIPT_FUNCTIONS)
            .set_max_variables(limits::SCRIPT_VARIABLES)
            .set_allow_anonymous_fn(false)
            .set_max_modules(0);
        engine
    })
}

/// The syntax tree of one expression, or what is wrong with its syntax.
pub(super) fn expression(text: &str) -> Result<AST, String> {
    if text.len() > limits::EXPRESSION_BYTES {
        return Err(format!("longer than {} bytes", limits::EXPRESSION_BYTES));
    }
    parser()
        .compile_expression(text)
        .map_err(|error| error.to_string())
}

/// The functions a script file defines, with how many arguments each takes. Refuses a file that
/// does not parse, or that does anything outside its functions.
pub(crate) fn functions_of(source: &str) -> Result<Vec<(String, usize)>, Fault> {
    let bad = |say: String| Err(Fault::new("script_syntax", &[&say], say.clone()));
    if source.len() > limits::SCRIPT_SOURCE {
        return bad(format!("longer than {} bytes", limits::SCRIPT_SOURCE));
    }
    let ast = match parser().compile(source) {
        Ok(ast) => ast,
        Err(error) => return bad(error.to_string()),
    };
    if ast.statements().iter().any(|s| !s.is_noop()) {
        return bad("a script file holds functions and nothing else".into());
    }
    Ok(ast
        .iter_functions()
        .map(|f| (f.name.to_string(), f.params.len()))
        .collect())
}
