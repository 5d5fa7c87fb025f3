//! What clients may send about users.

use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Fields, FromFields};

/// What a client sends to create or to change a user.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Ann", "email": "ann@example.com"}))]
pub struct UserInput {
    /// Without control characters, and without a space at either end.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\u0000-\u0020\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\u0000-\u0020\u007f-\u009f])?$"
    )]
    pub name: String,
    /// Stored in lower case; unique.
    #[schema(
        max_length = 254,
        pattern = r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$"
    )]
    pub email: String,
}

impl FromFields for UserInput {
    fn read(fields: &mut Fields) -> Self {
        Self {
            name: fields.text("name", is_name),
            email: fields.text("email", is_email).to_ascii_lowercase(),
        }
    }
}

fn is_name(text: &str) -> Result<(), &'static str> {
    if !(1..=100).contains(&text.chars().count()) {
        return Err("must have 1 to 100 characters");
    }
    if text.contains(char::is_control) {
        return Err("must have no control characters");
    }
    if text.starts_with(' ') || text.ends_with(' ') {
        return Err("must not begin or end with a space");
    }
    Ok(())
}

fn is_email(text: &str) -> Result<(), &'static str> {
    let is_atom = |atom: &str| {
        let good = |it: u8| it.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&it);
        !atom.is_empty() && atom.bytes().all(good)
    };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || it == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    match text.split_once('@') {
        Some((local, domain))
            if text.len() <= 254
                && local.split('.').all(is_atom)
                && domain.contains('.')
                && domain.split('.').all(is_label) =>
        {
            Ok(())
        }
        _ => Err("must be an address such as ann@example.com"),
    }
}

/// Which users to list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UserFilter {
    /// Users after this id: the `next` of the page before.
    #[param(minimum = 0, default = 0)]
    pub after: Option<i64>,
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<i64>,
    #[param(
        max_length = 254,
        pattern = r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$"
    )]
    pub email: Option<String>,
    /// How the name begins.
    #[param(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\u0000-\u0020\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\u0000-\u0020\u007f-\u009f])?$"
    )]
    pub name: Option<String>,
}

impl FromFields for UserFilter {
    fn read(fields: &mut Fields) -> Self {
        let email = fields.optional_text("email", is_email);
        Self {
            after: fields.optional_integer("after", 0..=i64::MAX),
            limit: fields.optional_integer("limit", 1..=100),
            email: email.map(|email| email.to_ascii_lowercase()),
            name: fields.optional_text("name", is_name),
        }
    }
}
