#![allow(missing_docs)]
wit_bindgen::generate!({ path: "../../wit", world: "everything", generate_all });
