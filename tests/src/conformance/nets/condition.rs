//! The conditions of a net: comparisons of numbers, inputs and `visits(node)`.

use serde_json::Value;

type Compare = fn(i64, i64) -> bool;

/// Whether `text` holds, by the inputs of the case and how often each node was reached.
pub fn holds(text: &str, input: &Value, visits: &dyn Fn(&str) -> i64) -> Result<bool, String> {
    let compare: [(&str, Compare); 6] = [
        ("==", |a, b| a == b),
        ("!=", |a, b| a != b),
        ("<=", |a, b| a <= b),
        (">=", |a, b| a >= b),
        ("<", |a, b| a < b),
        (">", |a, b| a > b),
    ];
    for (sign, how) in compare {
        if let Some((left, right)) = text.split_once(sign) {
            return Ok(how(
                number(left, input, visits)?,
                number(right, input, visits)?,
            ));
        }
    }
    Err(format!("`{text}` is no comparison"))
}

/// A number, an input, or `visits(node)`.
pub fn number(text: &str, input: &Value, visits: &dyn Fn(&str) -> i64) -> Result<i64, String> {
    let text = text.trim();
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    if let Some(node) = text
        .strip_prefix("visits(")
        .and_then(|t| t.strip_suffix(')'))
    {
        return Ok(visits(node.trim()));
    }
    input[text]
        .as_i64()
        .ok_or_else(|| format!("`{text}` is no number and no input"))
}
