//! The bodies and queries of the routes of users.

use std::sync::LazyLock;

use garde::Validate;
use serde::Deserialize;
use utoipa::openapi::Object;
use utoipa::{IntoParams, ToSchema};

use crate::extract::Rule;

static NAME: LazyLock<Rule> = LazyLock::new(|| {
    Rule::new(
        r"^[^\u0000-\u0020\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\u0000-\u0020\u007f-\u009f])?$",
        100,
        "must have 1 to 100 characters, no control characters, and no space at either end",
    )
});

/// The rule of HTML for `<input type=email>`, and a dot in the domain.
static EMAIL: LazyLock<Rule> = LazyLock::new(|| {
    Rule::new(
        r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$",
        254,
        "must be an address such as ann@example.com",
    )
});

fn name() -> Object {
    NAME.schema()
}

fn email() -> Object {
    EMAIL.schema()
}

/// What a client sends to create or to change a user.
// A missing text is read as "" and breaks its rule: it is reported with others.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Ann", "email": "ann@example.com"}))]
pub struct UserInput {
    #[serde(default)]
    #[garde(custom(|text: &str, (): &()| NAME.check(text)))]
    #[schema(schema_with = name, required = true)]
    pub name: String,
    /// Stored in lower case; unique.
    #[serde(default)]
    #[garde(custom(|text: &str, (): &()| EMAIL.check(text)))]
    #[schema(schema_with = email, required = true)]
    pub email: String,
}

/// Which users to list.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UserFilter {
    /// Users after this id: the `next` of the page before.
    #[serde(default)]
    #[garde(range(min = 0))]
    #[param(minimum = 0, default = 0, required = false)]
    pub after: i64,
    #[serde(default = "default_limit")]
    #[garde(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100, default = 20, required = false)]
    pub limit: i64,
    #[garde(inner(custom(|text: &str, (): &()| EMAIL.check(text))))]
    #[param(schema_with = email)]
    pub email: Option<String>,
}

fn default_limit() -> i64 {
    20
}
