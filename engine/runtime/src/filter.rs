use crate::{Error, site::Definitions};
use model::{Filter, Form};
pub(crate) fn form_filter(
    _: &Definitions,
    _: &Form,
    _: &serde_json::Map<String, serde_json::Value>,
) -> Result<Filter, Error> {
    Ok(Filter::everything())
}
