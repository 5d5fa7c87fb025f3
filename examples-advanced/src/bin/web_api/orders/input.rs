//! The bodies and queries of the routes of orders.

use std::sync::LazyLock;

use garde::Validate;
use serde::de::IntoDeserializer;
use serde::{Deserialize, Serialize};
use utoipa::openapi::Object;
use utoipa::{IntoParams, ToSchema};

use crate::extract::Rule;

static ITEM: LazyLock<Rule> = LazyLock::new(|| {
    Rule::new(
        "^[a-z0-9-]+$",
        40,
        "must have 1 to 40 lowercase letters, digits and hyphens",
    )
});

fn item() -> Object {
    ITEM.schema()
}

#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Open,
    Paid,
    Shipped,
    Cancelled,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Shipped => "shipped",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A row has the status as a text.
impl TryFrom<String> for Status {
    type Error = serde::de::value::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::deserialize(text.into_deserializer())
    }
}

/// What a client sends to create an order.
#[derive(Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"item": "tea-pot", "quantity": 2}))]
pub struct OrderInput {
    #[serde(default)]
    #[garde(custom(|text: &str, (): &()| ITEM.check(text)))]
    #[schema(schema_with = item, required = true)]
    pub item: String,
    #[serde(default)]
    #[garde(range(min = 1, max = 1000))]
    #[schema(minimum = 1, maximum = 1000, required = true)]
    pub quantity: i64,
}

/// What a client sends to change an order.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"quantity": 3, "status": "paid"}))]
pub struct OrderChange {
    #[garde(range(min = 1, max = 1000))]
    #[schema(minimum = 1, maximum = 1000)]
    pub quantity: i64,
    #[garde(skip)]
    pub status: Status,
}

/// Which orders to list.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrderFilter {
    /// Orders after this id: the `next` of the page before.
    #[serde(default)]
    #[garde(range(min = 0))]
    #[param(minimum = 0, default = 0, required = false)]
    pub after: i64,
    #[serde(default = "default_limit")]
    #[garde(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100, default = 20, required = false)]
    pub limit: i64,
    /// Only orders with this status.
    #[garde(skip)]
    #[param(inline)]
    pub status: Option<Status>,
}

fn default_limit() -> i64 {
    20
}
