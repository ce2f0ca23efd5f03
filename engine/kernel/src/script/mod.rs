//! Whole scripts: the functions of a package's `scripts/*.rhai`.
//!
//! Comes in: a source, a function, arguments as JSON ([`wire`]), limits. Goes out: what the function
//! returns, or a [`Fault`]. Made to run in a process of its own that the runtime limits in memory
//! and time (page 6, rule 12); the limits here are the first line, not the only one. Refuses to
//! know: clocks (the caller says when time is up), files, databases.

mod dates;
mod engine;
mod lists;
mod meter;
mod numbers;
mod texts;
pub mod wire;

use crate::{Fault, limits};
use meter::Meter;
use model::zone::Zone;
use rhai::{AST, CallFnOptions, Dynamic, Engine, EvalAltResult, Scope};
use std::{collections::HashMap, sync::Arc};

/// What one run may use, and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// rhai's own counter.
    pub operations: u64,
    /// Our counter of everything, call-backs included.
    pub ticks: u64,
    /// Bytes of texts and lists ever made.
    pub bytes: usize,
    /// Which day a moment belongs to.
    pub zone: Zone,
}
impl Default for Limits {
    fn default() -> Self {
        Self {
            operations: limits::SCRIPT_OPERATIONS,
            ticks: limits::SCRIPT_TICKS,
            bytes: limits::SCRIPT_BYTES,
            zone: Zone::default(),
        }
    }
}

/// Runs scripts one after the other; keeps what it has parsed.
pub struct Runner {
    engine: Engine,
    meter: Arc<Meter>,
    parsed: HashMap<[u8; 32], AST>,
}

/// Most sources kept parsed.
const PARSED_MAX: usize = 64;

impl Runner {
    /// A runner with an engine of its own.
    pub fn new(limits: Limits) -> Self {
        let meter = Arc::new(Meter::new(limits));
        Self {
            engine: engine::engine(limits, &meter),
            meter,
            parsed: HashMap::new(),
        }
    }

    /// Calls `function` of the functions that `source` defines: one script file, or all files of a
    /// package one after the other ([`crate::Rules::scripts`]). `expired` is asked again and again
    /// and ends the run once it says yes. Needs a stack of 8 MiB. Codes: `script_syntax`,
    /// `unknown_function`, `script_limit`, `script_expired`, `script_failed`.
    pub fn run(
        &mut self,
        source: &str,
        function: &str,
        args: &[serde_json::Value],
        expired: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Result<serde_json::Value, Fault> {
        let key = *blake3::hash(source.as_bytes()).as_bytes();
        if !self.parsed.contains_key(&key) {
            if self.parsed.len() >= PARSED_MAX {
                self.parsed.clear();
            }
            let ast = self.parse(source)?;
            self.parsed.insert(key, ast);
        }
        let args: Vec<Dynamic> = args.iter().map(wire::to_dynamic).collect();
        let ast = &self.parsed[&key];
        let takes = |f: &rhai::ScriptFnMetadata| f.name == function && f.params.len() == args.len();
        if !ast.iter_functions().any(|f| takes(&f)) {
            let say = format!(
                "there is no function `{function}` with {} arguments",
                args.len()
            );
            return Err(Fault::new("unknown_function", &[function], say));
        }
        self.meter.start(Box::new(expired));
        let options = CallFnOptions::new().eval_ast(false).rewind_scope(true);
        let called = self.engine.call_fn_with_options::<Dynamic>(
            options,
            &mut Scope::new(),
            ast,
            function,
            args,
        );
        self.meter.stop();
        match called {
            Ok(value) => wire::of_dynamic(&value, 0),
            Err(error) => Err(fault(&error)),
        }
    }

    fn parse(&self, source: &str) -> Result<AST, Fault> {
        let bad = |say: String| Fault::new("script_syntax", &[&say], say.clone());
        if source.len() > limits::SCRIPT_SOURCES {
            return Err(bad(format!("longer than {} bytes", limits::SCRIPT_SOURCES)));
        }
        let parsed = self.engine.compile(source);
        let ast = parsed.map_err(|error| bad(error.to_string()))?;
        if ast.statements().iter().any(|s| !s.is_noop()) {
            return Err(bad("a script holds functions and nothing else".into()));
        }
        Ok(ast)
    }
}

/// Runs one function once. See [`Runner::run`].
pub fn run(
    source: &str,
    function: &str,
    args: &[serde_json::Value],
    limits: &Limits,
    expired: impl Fn() -> bool + Send + Sync + 'static,
) -> Result<serde_json::Value, Fault> {
    Runner::new(*limits).run(source, function, args, expired)
}

/// What a script ended with, as a fault. Its text is cut: it may hold what the script made.
fn fault(error: &EvalAltResult) -> Fault {
    let mut inner = error;
    while let EvalAltResult::ErrorInFunctionCall(_, _, deeper, _) = inner {
        inner = deeper;
    }
    let say: String = inner.to_string().chars().take(300).collect();
    match inner {
        EvalAltResult::ErrorTerminated(token, _) => match token.clone().into_string() {
            Ok(code) if code == meter::EXPIRED => {
                Fault::new("script_expired", &[], "the script took too long")
            }
            _ => Fault::new("script_limit", &["ticks"], "the script did too much"),
        },
        EvalAltResult::ErrorTooManyOperations(_)
        | EvalAltResult::ErrorTooManyVariables(_)
        | EvalAltResult::ErrorStackOverflow(_)
        | EvalAltResult::ErrorDataTooLarge(..) => Fault::new("script_limit", &[&say], say.clone()),
        EvalAltResult::ErrorRuntime(value, _) => match value.clone().try_cast::<meter::Spent>() {
            Some(meter::Spent(what)) => Fault::new("script_limit", &[what], say),
            None => {
                let told: String = value.to_string().chars().take(300).collect();
                Fault::new("script_failed", &[&told], told.clone())
            }
        },
        _ => Fault::new("script_failed", &[&say], say.clone()),
    }
}
