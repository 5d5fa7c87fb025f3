//! The OpenAPI document, made from the handlers, and a page to try them.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{self, Ref, RefOr};
use utoipa::{Modify, OpenApi};

use crate::problem::{FieldError, Problem};

pub const PAGE: &str = include_str!("page.html");

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Users and their orders",
        description = "Every error is a problem of RFC 9457. To change or delete \
            a row, send its ETag in If-Match: if somebody else was quicker, \
            nothing is done, and the answer is 412."
    ),
    components(schemas(FieldError), responses(Problem)),
    modifiers(&BearerToken),
    security(("token" = []))
)]
pub struct Document;

struct BearerToken;

impl Modify for BearerToken {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// Adds to each operation that any other answer is a problem, such as a missing
/// token, a body that is too large or a database that is away.
pub fn with_problems(mut document: openapi::OpenApi) -> openapi::OpenApi {
    for path in document.paths.paths.values_mut() {
        let operations = [
            &mut path.get,
            &mut path.post,
            &mut path.put,
            &mut path.delete,
        ];
        for operation in operations.into_iter().flatten() {
            let problem = RefOr::Ref(Ref::from_response_name("Problem"));
            let responses = &mut operation.responses.responses;
            responses.insert("default".into(), problem);
        }
    }
    document
}
