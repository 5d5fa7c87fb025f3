//! What clients may send about orders.

use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Fields, FromFields};

#[derive(Clone, Copy, Default, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    #[default]
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

impl TryFrom<String> for Status {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        match &*text {
            "open" => Ok(Self::Open),
            "paid" => Ok(Self::Paid),
            "shipped" => Ok(Self::Shipped),
            "cancelled" => Ok(Self::Cancelled),
            _ => Err("must be open, paid, shipped or cancelled"),
        }
    }
}

fn is_status(text: &str) -> Result<(), &'static str> {
    Status::try_from(text.to_string()).map(drop)
}

/// What a client orders.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"item": "tea-pot", "quantity": 2}))]
pub struct OrderInput {
    #[schema(pattern = "^[a-z0-9-]{1,40}$")]
    pub item: String,
    #[schema(minimum = 1, maximum = 1000)]
    pub quantity: i64,
}

impl FromFields for OrderInput {
    fn read(fields: &mut Fields) -> Self {
        Self {
            item: fields.text("item", is_item),
            quantity: fields.integer("quantity", 1..=1000),
        }
    }
}

fn is_item(text: &str) -> Result<(), &'static str> {
    let good = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
    if (1..=40).contains(&text.len()) && text.bytes().all(good) {
        Ok(())
    } else {
        Err("must have 1 to 40 lowercase letters, digits and hyphens")
    }
}

/// What can be changed of an order.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"quantity": 3, "status": "paid"}))]
pub struct OrderChange {
    #[schema(minimum = 1, maximum = 1000)]
    pub quantity: i64,
    pub status: Status,
}

impl FromFields for OrderChange {
    fn read(fields: &mut Fields) -> Self {
        Self {
            quantity: fields.integer("quantity", 1..=1000),
            status: status(Some(fields.text("status", is_status))).unwrap_or_default(),
        }
    }
}

/// Which orders to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OrderFilter {
    /// Orders after this id: the `next` of the page before.
    #[param(minimum = 0, default = 0)]
    pub after: Option<i64>,
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<i64>,
    /// Only orders with this status.
    #[param(inline)]
    pub status: Option<Status>,
}

impl FromFields for OrderFilter {
    fn read(fields: &mut Fields) -> Self {
        Self {
            after: fields.optional_integer("after", 0..=i64::MAX),
            limit: fields.optional_integer("limit", 1..=100),
            status: status(fields.optional_text("status", is_status)),
        }
    }
}

/// What `is_status` has refused is reported already.
fn status(text: Option<String>) -> Option<Status> {
    text.and_then(|text| Status::try_from(text).ok())
}
