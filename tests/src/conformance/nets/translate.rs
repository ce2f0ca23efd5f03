//! A net as a workflow.

use model::Workflow;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A net that can be played.
pub struct Net {
    pub workflow: Workflow,
    /// Task node → its name in the net; called nets say `inner.` before.
    pub tasks: BTreeMap<String, String>,
    /// What a command node says, by its node.
    pub commands: BTreeMap<String, Value>,
    /// The condition of a branch: gateway, branch → text. Of a split that a command may narrow,
    /// every branch has one.
    pub conditions: BTreeMap<(String, String), String>,
    /// Where a branch leads in the net.
    pub leads: BTreeMap<(String, String), String>,
    /// Amounts that are inputs: node → input.
    pub amounts: BTreeMap<String, String>,
}

/// A net being translated.
struct Making<'a> {
    net: Net,
    called: &'a Map<String, Value>,
}

pub fn net(model: &Value) -> Result<Net, String> {
    let empty = Map::new();
    let mut making = Making {
        net: Net {
            workflow: serde_json::from_value(json!({"label": "net", "nodes": {}}))
                .map_err(|e| e.to_string())?,
            tasks: BTreeMap::new(),
            commands: BTreeMap::new(),
            conditions: BTreeMap::new(),
            leads: BTreeMap::new(),
            amounts: BTreeMap::new(),
        },
        called: model["called"].as_object().unwrap_or(&empty),
    };
    let nodes = making.level(model, "")?;
    let mut net = making.net;
    net.workflow = serde_json::from_value(json!({"label": "net", "nodes": nodes}))
        .map_err(|e| e.to_string())?;
    net.workflow.name = "nets/net".parse().map_err(|_| "no name".to_owned())?;
    Ok(net)
}

impl Making<'_> {
    /// The nodes of a net; `of` goes before the names of a called one.
    fn level(&mut self, model: &Value, of: &str) -> Result<Map<String, Value>, String> {
        let edges: Vec<&Value> = model["edges"].as_array().into_iter().flatten().collect();
        let interleave = &model["scope"]["interleave"];
        let mut out = Map::new();
        for node in model["nodes"].as_array().into_iter().flatten() {
            let id = text(&node["id"]);
            let outs: Vec<&Value> = edges.iter().copied().filter(|e| e["from"] == *id).collect();
            let mut made = self.node(node, &outs, of, &mut out)?;
            let mut put = |key: &str, value: Value| {
                made.insert(key.to_owned(), value);
            };
            match &node["join"] {
                Value::String(join) if join != "each" => put("join", json!(join)),
                join @ Value::Object(_) => {
                    let need = if join["tokens"].is_null() {
                        &join["count"]
                    } else {
                        &join["tokens"]
                    };
                    if let Some(input) = need.as_str() {
                        self.net
                            .amounts
                            .insert(format!("{of}{id}"), input.to_owned());
                        put("need", json!("= record.amount"));
                    } else {
                        put("need", need.clone());
                    }
                    if let Some(then) = join["then"].as_str() {
                        put("rest", json!(then));
                    }
                }
                _ => {}
            }
            if let Some(edge) = node["guard"]["while"].as_str() {
                // A token rests on the edge, or its target is not done: the target is reached.
                let at = edge.split('>').next_back().unwrap_or(edge);
                put("while", json!(format!("{of}{at}")));
            }
            if let Some(mutex) = node["mutex"].as_str() {
                put("mutex", json!(mutex));
            }
            if interleave
                .as_array()
                .is_some_and(|all| all.contains(&node["id"]))
            {
                put("mutex", json!("interleave"));
            }
            for key in ["acquire", "release"] {
                if let Some(mutex) = node[key].as_str() {
                    put(key, json!(mutex));
                }
            }
            out.insert(format!("{of}{id}"), Value::Object(made));
        }
        Ok(out)
    }

    /// A node by its body, and behind it the gateway or end that its ways out need.
    fn node(
        &mut self,
        node: &Value,
        outs: &[&Value],
        of: &str,
        out: &mut Map<String, Value>,
    ) -> Result<Map<String, Value>, String> {
        let id = format!("{of}{}", text(&node["id"]));
        let body = node["body"].as_str().unwrap_or("pass");
        // A pass that cancels would do so before anybody could act; the trace wants the tasks
        // done first, so somebody lets it.
        let by_hand = body == "command" || (body == "pass" && node["cancels"].is_array());
        let made = match body {
            "end" => json!({"kind": "end"}),
            "end case" => {
                let status = if node["outcome"] == "cancelled" {
                    "withdrawn"
                } else {
                    "approved"
                };
                json!({"kind": "terminate", "status": status})
            }
            "pass" if !by_hand => self.gateway(node, outs, of, out)?,
            "call" => {
                let next = self.next(node, outs, of, out)?;
                let nodes = self.call(text(&node["calls"]), &id)?;
                json!({"kind": "block", "nodes": nodes, "next": next})
            }
            "start" => json!({"kind": "start", "next": self.next(node, outs, of, out)?}),
            "task" | "pass" | "command" => {
                let mut next = self.next(node, outs, of, out)?;
                if let Some(cancels) = node["cancels"].as_array() {
                    let cancels = cancels.iter().map(|n| json!(format!("{of}{}", text(n))));
                    let cancels: Value = cancels.collect();
                    let gateway =
                        json!({"kind": "parallel_gateway", "cancels": cancels, "next": next});
                    next = format!("{id}_cancels");
                    out.insert(next.clone(), gateway);
                }
                if by_hand {
                    self.net.commands.insert(id, node["command"].clone());
                } else {
                    let name = match of {
                        "" => id.clone(),
                        _ => format!("inner.{}", text(&node["id"])),
                    };
                    self.net.tasks.insert(id, name);
                }
                json!({"kind": "fill", "label": "t", "seats": ["= user"], "next": next})
            }
            other => return Err(format!("a node with the body `{other}`")),
        };
        made.as_object()
            .cloned()
            .ok_or_else(|| "no node".to_owned())
    }

    fn call(&mut self, calls: &str, id: &str) -> Result<Map<String, Value>, String> {
        let inner = self.called.get(calls);
        let inner = inner.ok_or_else(|| format!("a call of `{calls}`"))?.clone();
        self.level(&inner, &format!("{id}_"))
    }

    /// Where a node with one way on leads: the next node, or a gateway or end of its own.
    fn next(
        &mut self,
        node: &Value,
        outs: &[&Value],
        of: &str,
        out: &mut Map<String, Value>,
    ) -> Result<String, String> {
        let id = text(&node["id"]);
        match outs {
            [] => {
                let end = format!("{of}{id}_end");
                out.insert(end.clone(), json!({"kind": "end"}));
                Ok(end)
            }
            [only] if !node["split"].is_object() => Ok(format!("{of}{}", text(&only["to"]))),
            _ => {
                let gateway = self.gateway(node, outs, of, out)?;
                let name = format!("{of}{id}_split");
                out.insert(name.clone(), gateway);
                Ok(name)
            }
        }
    }

    fn gateway(
        &mut self,
        node: &Value,
        outs: &[&Value],
        of: &str,
        out: &mut Map<String, Value>,
    ) -> Result<Value, String> {
        let id = text(&node["id"]);
        let split = node["split"].as_str().unwrap_or("all");
        let kind = match split {
            "first" => "exclusive_gateway",
            "every" => "inclusive_gateway",
            "race" => "race",
            _ => "parallel_gateway",
        };
        let asks = matches!(split, "first" | "every");
        // The default stands last.
        let mut ordered: Vec<&Value> = outs.to_vec();
        ordered.sort_by_key(|e| e["default"] == true);
        let mut branches = Map::new();
        let (mut default, own) = (
            false,
            if node["body"] == "pass" {
                id.to_owned()
            } else {
                format!("{id}_split")
            },
        );
        for edge in ordered {
            let to = text(&edge["to"]);
            let branch = format!("to_{to}");
            let mut made = json!({"to": format!("{of}{to}")});
            if edge["default"] == true {
                default = true;
            } else if asks {
                made["when"] = json!("= record.flag");
                let text = edge["when"].as_str().unwrap_or("1 == 1").to_owned();
                self.net
                    .conditions
                    .insert((format!("{of}{own}"), branch.clone()), text);
                self.net
                    .leads
                    .insert((format!("{of}{own}"), branch.clone()), to.to_owned());
            }
            branches.insert(branch, made);
        }
        if branches.is_empty() || (asks && !default) {
            let end = format!("{of}{id}_else");
            out.insert(end.clone(), json!({"kind": "end"}));
            branches.insert("otherwise".into(), json!({"to": end}));
        }
        let mut made = json!({"kind": kind, "branches": branches});
        for key in ["copies", "threads"] {
            match &node["split"][key] {
                Value::Null => {}
                Value::String(input) => {
                    self.net.amounts.insert(format!("{of}{own}"), input.clone());
                    made[key] = json!("= record.amount");
                }
                amount => made[key] = amount.clone(),
            }
        }
        Ok(made)
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
