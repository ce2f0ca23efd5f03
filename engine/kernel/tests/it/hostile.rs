//! Hostile scripts: bombs and escapes. Each ends with its fault, within a second even in a debug
//! build on a busy machine, and never gives anything back.

use kernel::script::{Limits, run};
use std::time::{Duration, Instant};

/// Longest any of them may take. The clock is the caller's; the kernel has none.
const TIME: Duration = Duration::from_secs(1);
/// What they may take beyond it until they have stopped.
const SLACK: Duration = Duration::from_millis(1_000);

/// What ends a script: our limits, or a word, name or construct that is not there.
const LIMIT: &[&str] = &["script_limit", "script_expired"];
const REFUSED: &[&str] = &["script_syntax", "script_failed"];
const EITHER: &[&str] = &[
    "script_limit",
    "script_expired",
    "script_failed",
    "script_syntax",
];

const CORPUS: &[(&str, &[&str])] = &[
    // Endless in many ways.
    ("fn f() { loop { } }", LIMIT),
    ("fn f() { while true { } }", LIMIT),
    ("fn f() { do { } until false }", LIMIT),
    ("fn f() { for i in 0..9223372036854775807 { } }", LIMIT),
    (
        "fn f() { for i in 0..1000 { for j in 0..1000 { for k in 0..1000 { } } } }",
        LIMIT,
    ),
    ("fn f() { f() }", LIMIT),
    ("fn f() { g() } fn g() { f() }", LIMIT),
    (
        "fn f() { h(40) } fn h(n) { if n < 2 { n } else { h(n - 1) + h(n - 2) } }",
        LIMIT,
    ),
    ("fn f() { loop { try { throw 1 } catch { } } }", LIMIT),
    ("fn f() { try { loop { } } catch { f() } }", LIMIT),
    (
        "fn f() { let x = 0; loop { x += 1; if x > 1000000000 { break; } } }",
        LIMIT,
    ),
    (
        "fn f() { loop { switch 1 { 1 => continue, _ => break } } }",
        LIMIT,
    ),
    // Texts.
    ("fn f() { let s = `x`; loop { s += s; } }", LIMIT),
    ("fn f() { let s = `x`; loop { s = s + s; } }", LIMIT),
    (
        "fn f() { let s = `xxxxxxxxxxxxxxxx`; loop { s.replace(`x`, s); } }",
        LIMIT,
    ),
    (
        "fn f() { let s = `x`.repeat(60000); s.replace(`x`, s); s }",
        LIMIT,
    ),
    ("fn f() { `x`.repeat(9223372036854775807) }", LIMIT),
    (
        "fn f() { let s = `x`.repeat(60000); s.repeat(60000) }",
        LIMIT,
    ),
    ("fn f() { let s = ``; s.pad(2000000000, ` `); s }", EITHER),
    (
        "fn f() { let s = `abc`; s.pad(2000000000, '$'); s }",
        EITHER,
    ),
    ("fn f() { let l = []; l.pad(2000000000, `x`); l }", EITHER),
    (
        "fn f() { let l = [`x`.repeat(60000), `y`.repeat(60000)]; l.join(`z`.repeat(60000)) }",
        LIMIT,
    ),
    (
        "fn f() { let l = []; for i in 0..9999 { l.push(`x`.repeat(60000)); } l }",
        LIMIT,
    ),
    (
        "fn f() { let l = []; for i in 0..9999 { l.push(()); } for i in 0..9999 { l[i] = `x`.repeat(60000); } l }",
        LIMIT,
    ),
    (
        "fn f() { let l = []; let s = `x`.repeat(60000); for i in 0..9999 { l.push(s + i); } l }",
        LIMIT,
    ),
    (
        "fn f() { let s = `x,`.repeat(30000); s.split(`,`).len }",
        LIMIT,
    ),
    (
        "fn f() { let s = `x`.repeat(60000); let l = []; loop { l.push(s.to_upper()); } }",
        LIMIT,
    ),
    (
        "fn f() { let s = `x`.repeat(60000); loop { s.sub_string(1); } }",
        LIMIT,
    ),
    (
        "fn f() { let s = `ß`.repeat(30000); loop { s = s.to_upper(); } }",
        LIMIT,
    ),
    ("fn f() { let s = `x`.repeat(60000); `${s}${s}` }", EITHER),
    (
        "fn f() { let l = []; let s = `x`.repeat(60000); for i in 0..9999 { l.push(`${i}${s}`); } l }",
        EITHER,
    ),
    // Lists and maps.
    ("fn f() { let l = [1]; loop { l += l; } }", LIMIT),
    ("fn f() { let l = [1]; loop { l = [l, l]; } }", LIMIT),
    ("fn f() { let l = [1]; loop { l.push(l); } }", LIMIT),
    ("fn f() { let l = []; loop { l.push(1); } }", LIMIT),
    ("fn f() { let l = []; loop { l.insert(0, 1); } }", LIMIT),
    (
        "fn f() { let m = #{}; let i = 0; loop { m[`k` + i] = i; i += 1; } }",
        LIMIT,
    ),
    (
        "fn f() { let m = #{}; let i = 0; loop { m.set(`k` + i, i); i += 1; } }",
        LIMIT,
    ),
    (
        "fn f() { let m = #{}; loop { m = #{ a: m, b: m }; } }",
        LIMIT,
    ),
    (
        "fn f() { let l = []; for i in 0..9999 { l.push(i); } loop { let copy = l; copy.reverse(); copy.sort(); } }",
        LIMIT,
    ),
    (
        "fn f() { let l = []; for i in 0..9999 { l.push(i); } loop { g(l); } } fn g(l) { l.len }",
        LIMIT,
    ),
    (
        "fn f() { let l = [[1]]; for i in 0..9999 { l[0].push(i); } loop { l.push(l[0]); } }",
        LIMIT,
    ),
    ("fn f() { let b = blob(2000000000); b }", REFUSED),
    // Call-backs, where rhai's counter does not reach (F4): there are none.
    (
        "fn f() { let a = []; for i in 0..100 { a.push(i); } a.map(|x| { for j in 0..30000 { } x }) }",
        REFUSED,
    ),
    (
        "fn f() { let a = [3, 2, 1]; loop { a.sort(|x, y| x - y); } }",
        REFUSED,
    ),
    ("fn f() { let g = Fn(`f`); g.call() }", REFUSED),
    ("fn f() { let g = |x| x; g.call(1) }", REFUSED),
    ("fn f() { [1].filter(Fn(`f`)) }", REFUSED),
    ("fn f() { curry(f, 1) }", REFUSED),
    // Escapes.
    ("fn f() { eval(`loop {}`) }", REFUSED),
    ("fn f() { sleep(10) }", REFUSED),
    ("fn f() { sleep(10.0) }", REFUSED),
    ("fn f() { timestamp() }", REFUSED),
    ("fn f() { rand() }", REFUSED),
    ("fn f() { import `x` as y; y::z() }", REFUSED),
    ("import `x` as y; fn f() { 1 }", REFUSED),
    ("fn f() { open_file(`/etc/passwd`) }", REFUSED),
    ("fn f() { print(`x`) }", REFUSED),
    ("fn f() { debug(`x`) }", REFUSED),
    ("fn f() { call(`f`) }", REFUSED),
    ("fn f() { is_def_fn(`f`, 0) }", REFUSED),
    ("fn f() { this.x }", REFUSED),
    ("fn f() { global::x }", REFUSED),
    ("fn f() { secret }", REFUSED),
    ("fn f() { type_of(1).repeat(9999999) }", EITHER),
    ("fn f() { parse_json(`{}`) }", REFUSED),
    ("fn f() { 2 ** 1000000000 }", REFUSED),
    ("fn f() { 9223372036854775807 + 1 }", REFUSED),
    ("fn f() { let x = 1.5; loop { x = x * x; } }", EITHER),
    ("fn f() { let x = 1.1; loop { x = x ** 100.5; } }", EITHER),
    ("fn f() { let s = `x`; s[9223372036854775807] }", REFUSED),
    ("fn f() { let l = [1]; l[-9223372036854775808] }", REFUSED),
    (
        "fn f() { let l = [1]; l.extract(-1, -1).remove(-1).x }",
        REFUSED,
    ),
    (
        "fn f() { add_days(date(9999, 12, 31), 9223372036854775807) }",
        REFUSED,
    ),
];

#[test]
fn all_of_them_end() {
    let mut wrong = vec![];
    for (source, wanted) in CORPUS {
        let started = Instant::now();
        let late = move || started.elapsed() > TIME;
        let ended = run(source, "f", &[], &Limits::default(), late);
        let took = started.elapsed();
        match ended {
            Ok(got) => wrong.push(format!("{source}\n    gave {:.80}", got.to_string())),
            Err(fault) if !wanted.contains(&fault.code.as_str()) => {
                wrong.push(format!("{source}\n    ended with {fault}"));
            }
            Err(_) if took > TIME + SLACK => {
                wrong.push(format!("{source}\n    took {took:?}"));
            }
            Err(_) => {}
        }
    }
    assert!(CORPUS.len() >= 40);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn sources_that_are_bombs_themselves() {
    let deep = |open: &str, inside: &str, close: &str| {
        format!(
            "fn f() {{ {}{inside}{} }}",
            open.repeat(5000),
            close.repeat(5000)
        )
    };
    let sources = [
        deep("(", "1", ")"),
        deep("[", "1", "]"),
        deep("#{a:", "1", "}"),
        deep("if true {", "1", "}"),
        deep("-", "1", ""),
        deep("!", "true", ""),
        deep("{", "1", "}"),
        format!("fn f() {{ {} }}", "x".repeat(200_000)),
        (0..1_000).map(|n| format!("fn g{n}() {{ 1 }}\n")).collect(),
    ];
    for source in sources {
        let started = Instant::now();
        let ended = run(&source, "f", &[], &Limits::default(), move || {
            started.elapsed() > TIME
        });
        assert!(ended.is_err(), "{:.60}", source);
        assert!(started.elapsed() < TIME + SLACK, "{:.60}", source);
    }
}
