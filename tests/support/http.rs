//! A plain HTTP client for the pages of a running box, and an agent who is signed in.

use serde_json::{Value, json};
use std::path::Path;

/// A client without TLS and without proxies: everything a test asks is on this machine.
pub fn client() -> reqwest::Client {
    branchbox::tls::plain_http_client().expect("a client can be made")
}

/// GET, as JSON.
pub async fn get_json(url: &str) -> Option<Value> {
    client().get(url).send().await.ok()?.error_for_status().ok()?.json().await.ok()
}

/// POST /api/v1/ask.
pub async fn ask(address: &str, text: &str) -> Value {
    let answer = client().post(format!("{address}/api/v1/ask")).json(&json!({ "text": text })).send().await;
    answer.expect("the box answers").json().await.expect("a reply is JSON")
}

/// An agent, signed in with the code in the data folder.
pub struct Agent {
    address: String,
    cookie: String,
}

impl Agent {
    pub async fn sign_in(address: &str, data: &Path) -> Self {
        let code = std::fs::read_to_string(data.join("agent-code")).expect("the box made an agent code");
        let answer = client()
            .post(format!("{address}/agent/api/sign-in"))
            .header("X-Branchbox", "1")
            .json(&json!({ "code": code.trim(), "name": "Test Agent" }))
            .send()
            .await
            .expect("the box answers");
        assert!(answer.status().is_success(), "sign-in: {}", answer.status());
        let cookie = answer.headers()["set-cookie"].to_str().expect("a cookie is text");
        let cookie = cookie.split(';').next().expect("a cookie has a value").to_owned();
        Self { address: address.to_owned(), cookie }
    }

    /// What says who asks.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// Presses the record button; the recording's id, or the problem.
    pub async fn press(&self) -> Result<String, Value> {
        let answer = self.post("recordings", json!({ "consent": "spoken" })).await;
        let (fine, body) =
            (answer.status().is_success(), answer.json::<Value>().await.expect("an answer is JSON"));
        if fine { Ok(body["id"].as_str().expect("an id").to_owned()) } else { Err(body) }
    }

    /// Presses it again.
    pub async fn stop(&self) {
        let answer = self.post("recordings/stop", json!({})).await;
        assert!(answer.status().is_success(), "stop: {}", answer.text().await.unwrap_or_default());
    }

    /// One recording, as its page gets it.
    pub async fn meeting(&self, id: &str) -> Option<Value> {
        let url = format!("{}/agent/api/recordings/{id}", self.address);
        client().get(url).header("cookie", &self.cookie).send().await.ok()?.json().await.ok()
    }

    /// GET of the agent's API, as JSON.
    pub async fn get(&self, path: &str) -> Value {
        let url = format!("{}/agent/api/{path}", self.address);
        let answer = client().get(url).header("cookie", &self.cookie).send().await;
        answer.expect("the box answers").json().await.expect("an answer is JSON")
    }

    /// POST to the agent's API.
    pub async fn post(&self, path: &str, body: Value) -> reqwest::Response {
        client()
            .post(format!("{}/agent/api/{path}", self.address))
            .header("cookie", &self.cookie)
            .header("X-Branchbox", "1")
            .json(&body)
            .send()
            .await
            .expect("the box answers")
    }
}
