//! Scripts that behave.

use kernel::script::{Limits, Runner, run};
use serde_json::{Value as Json, json};

fn call(source: &str, args: &[Json]) -> Result<Json, String> {
    run(source, "f", args, &Limits::default(), || false).map_err(|fault| fault.code)
}

fn n(text: &str) -> Json {
    json!({ "$number": text })
}

#[test]
fn the_corpus() {
    let date = json!({ "$date": "2026-03-09" });
    let corpus: &[(&str, Vec<Json>, Json)] = &[
        ("fn f() { 1 + 2 }", vec![], n("3")),
        ("fn f(x) { x * 2 }", vec![n("1.25")], n("2.50")),
        ("fn f(x) { x + 1 }", vec![n("1")], n("2")),
        ("fn f(x) { -x / 4 }", vec![n("10")], n("-2.50")),
        (
            "fn f(x) { x % 3 == 1 && x > 0.5 && 7 >= x }",
            vec![n("7")],
            json!(true),
        ),
        ("fn f() { 0.1 + 0.2 == 0.3 }", vec![], json!(true)),
        (
            "fn f() { let t = 0; for i in 0..5 { t += i; } t }",
            vec![],
            n("10"),
        ),
        (
            "fn f(l) { let t = 0; for x in l { t += x; } t }",
            vec![json!([n("1"), n("2.5")])],
            n("3.5"),
        ),
        (
            "fn f() { let t = 1; while t < 100 { t *= 2; } t }",
            vec![],
            n("128"),
        ),
        (
            "fn f() { g(4) } fn g(x) { if x == 0 { 1 } else { x * g(x - 1) } }",
            vec![],
            n("24"),
        ),
        ("fn f(t) { t.len }", vec![json!("采购订单")], n("4")),
        ("fn f(t) { t[1] }", vec![json!("采购")], json!("购")),
        (
            "fn f(t) { t.index_of(`b`) + t.index_of('c') }",
            vec![json!("abc")],
            n("3"),
        ),
        (
            "fn f(t) { t.sub_string(1, 2) + t.to_upper() }",
            vec![json!("abcd")],
            json!("bcABCD"),
        ),
        (
            "fn f(t) { let p = t.split(`,`); p.reverse(); p.join(`;`) }",
            vec![json!("a,b,c")],
            json!("c;b;a"),
        ),
        (
            "fn f(t) { t.replace(`a`, `bb`); t.trim(); t }",
            vec![json!(" aa ")],
            json!("bbbb"),
        ),
        (
            "fn f(t) { t.contains(`x`) || t.starts_with(`a`) && t.ends_with(`c`) }",
            vec![json!("abc")],
            json!(true),
        ),
        ("fn f(t) { `n` in t }", vec![json!("bin")], json!(true)),
        (
            "fn f() { let t = ``; t += `a`; t += 'b'; t += 3; t + 1.5 }",
            vec![],
            json!("ab31.5"),
        ),
        (
            "fn f() { `-`.repeat(3) + 1 + true }",
            vec![],
            json!("---1true"),
        ),
        (
            "fn f() { let l = [3, 1, 2]; l.sort(); l.push(9); l.insert(0, 7); l.remove(1); l }",
            vec![],
            json!([n("7"), n("2"), n("3"), n("9")]),
        ),
        (
            "fn f() { let l = [1] + [2]; l += [3]; l.len + l.index_of(3) + l.pop() }",
            vec![],
            n("8"),
        ),
        (
            "fn f() { [1, 2, 3].extract(1, 5).contains(3) }",
            vec![],
            json!(true),
        ),
        (
            "fn f() { let m = #{ a: 1 }; m.b = 2; m.set(`c`, 3); m.keys().len() + m.values().len() }",
            vec![],
            n("6"),
        ),
        (
            "fn f(m) { m.a + m.get(`b`) }",
            vec![json!({ "a": n("1"), "b": n("2") })],
            n("3"),
        ),
        (
            "fn f(r) { if r.note == () { r.id } else { r.note } }",
            vec![json!({ "id": "x", "note": null })],
            json!("x"),
        ),
        (
            "fn f(d) { add_days(d, 1) > d && d.weekday == 1 }",
            vec![date.clone()],
            json!(true),
        ),
        (
            "fn f(d) { date(d.year, d.month + 1, 1) }",
            vec![date.clone()],
            json!({ "$date": "2026-04-01" }),
        ),
        (
            "fn f(d) { days_between(d, date(2026, 12, 31)) }",
            vec![date],
            n("297"),
        ),
        (
            "fn f(m) { m.year * 100 + m.month }",
            vec![json!({ "$month": "2026-03" })],
            n("202603"),
        ),
        (
            "fn f(m) { m }",
            vec![json!({ "$moment": "2026-03-09T08:00:00Z" })],
            json!({ "$moment": "2026-03-09T08:00:00.000000Z" }),
        ),
        (
            "fn f(x) { round(x, 2) + max(1, 2.5) + abs(-1) }",
            vec![n("1.005")],
            n("4.51"),
        ),
        (
            "fn f(x) { switch x { 1 => `one`, _ => `more` } }",
            vec![n("2")],
            json!("more"),
        ),
        (
            "fn f() { let r = 0; try { throw `x` } catch (e) { r = e; } r }",
            vec![],
            json!("x"),
        ),
        ("fn f() { }", vec![], json!(null)),
    ];
    let wrong: Vec<String> = corpus
        .iter()
        .map(|(source, args, wanted)| (source, wanted, call(source, args)))
        .filter(|(_, wanted, got)| got.as_ref() != Ok(wanted))
        .map(|(source, wanted, got)| {
            let detail = run(source, "f", &[], &Limits::default(), || false);
            format!("{source}\n    gives {got:?}, not {wanted} ({detail:?})")
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_fails_says_so() {
    assert_eq!(
        call("fn f() { throw `no` }", &[]),
        Err("script_failed".into())
    );
    assert_eq!(call("fn f() { 1 / 0 }", &[]), Err("script_failed".into()));
    assert_eq!(call("fn f() { nothing }", &[]), Err("script_syntax".into()));
    assert_eq!(
        call("fn f(m) { m.nothing }", &[json!({})]),
        Err("script_failed".into())
    );
    assert_eq!(call("fn g() { 1 }", &[]), Err("unknown_function".into()));
    assert_eq!(call("fn f(x) { 1 }", &[]), Err("unknown_function".into()));
    assert_eq!(call("fn f( { 1 }", &[]), Err("script_syntax".into()));
    assert_eq!(
        call("let x = 1; fn f() { 1 }", &[]),
        Err("script_syntax".into())
    );
}

#[test]
fn files_of_a_package_call_each_other_and_runs_share_nothing() {
    let mut runner = Runner::new(Limits::default());
    let source = ["fn f(x) { g(x) + 1 }", "fn g(x) { x * 10 }"].join("\n");
    for k in 1..4 {
        let got = runner.run(&source, "f", &[n(&k.to_string())], || false);
        assert_eq!(got, Ok(n(&(k * 10 + 1).to_string())));
    }
    let bomb = runner.run("fn f() { loop { } }", "f", &[], || false);
    assert_eq!(bomb.unwrap_err().code, "script_limit");
    assert_eq!(runner.run(&source, "f", &[n("1")], || false), Ok(n("11")));
}
