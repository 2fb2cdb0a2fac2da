//! From an address to the store that it names, and the place in it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::path::Path;
use object_store::{ClientConfigKey, ClientOptions, ObjectStore, RetryConfig};

use super::Remote;
use crate::Error;

/// How long one request may take: components and chunks are large, and lines may be slow.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(600);
/// How often a request is tried again that an object store was too busy for.
const RETRIES_MAX: usize = 3;
/// How long a request is tried again.
const RETRY_TIMEOUT: Duration = Duration::from_secs(60);

/// What errors advise.
const SCHEMES_HINT: &str = "s3://, gs://, az://, http:// and https:// are known, each followed by a bucket, container \
    or server, and a folder in it";
const HTTP_HINT: &str = "is the address right, and does the server allow this?";
const AWS_HINT: &str = "keys, region and endpoint are taken from variables such as AWS_ACCESS_KEY_ID, \
    AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT; AWS_SKIP_SIGNATURE=true reads without keys what is public";
const GOOGLE_HINT: &str = "the account is taken from variables such as GOOGLE_SERVICE_ACCOUNT";
const AZURE_HINT: &str = "account and key are taken from variables such as AZURE_STORAGE_ACCOUNT_NAME and \
    AZURE_STORAGE_ACCOUNT_KEY";

/// A store, if its settings are there.
type Made = object_store::Result<Arc<dyn ObjectStore>>;

/// The scheme of an address and what follows it; `None` for a path.
pub(crate) fn scheme(address: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = address.split_once("://")?;
    let letters = |char: char| char.is_ascii_alphanumeric() || "+-.".contains(char);
    (!scheme.is_empty() && scheme.chars().all(letters)).then_some((scheme, rest))
}

/// Stores that were asked for, so that all files of a bucket or server share its connections and credentials.
#[derive(Debug)]
pub(crate) struct Stores {
    patience: Duration,
    /// How often a web server is asked again.
    http_retries_max: usize,
    known: Mutex<HashMap<String, Arc<dyn ObjectStore>>>,
}

impl Stores {
    /// Stores to read from, of which each may be silent for so long.
    pub(crate) fn for_reading(patience: Duration) -> Self {
        Self { patience, http_retries_max: RETRIES_MAX, known: Mutex::default() }
    }

    /// Stores to send files to. A web server that refuses one is not asked again.
    pub(crate) fn for_sending() -> Self {
        Self { patience: REQUEST_TIMEOUT, http_retries_max: 0, known: Mutex::default() }
    }

    /// Lets a server, bucket or container be this store.
    #[cfg(test)]
    pub(crate) fn insert(&self, base: &str, store: Arc<dyn ObjectStore>) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(base.to_owned(), store);
    }

    /// A file or folder of a store.
    ///
    /// # Errors
    /// [`Error::Address`].
    pub(crate) fn at(&self, address: &str) -> Result<Remote, Error> {
        let Some((scheme, rest)) = scheme(address) else {
            return Err(bad(address, "it has no scheme".into(), SCHEMES_HINT));
        };
        if matches!(scheme, "http" | "https") {
            return self.at_http(address, scheme, rest);
        }
        let (make, hint): (fn(&str) -> Made, _) = match scheme {
            "s3" => (s3, AWS_HINT),
            "gs" => (gs, GOOGLE_HINT),
            "az" => (az, AZURE_HINT),
            other => return Err(bad(address, format!("`{other}://` is not known here"), SCHEMES_HINT)),
        };
        // `az://container/folder`: what follows the first part is the folder.
        let (bucket, folder) = rest.split_once('/').unwrap_or((rest, ""));
        let path =
            Path::from_url_path(folder).map_err(|error| bad(address, error.to_string(), SCHEMES_HINT))?;
        let base = format!("{scheme}://{bucket}");
        let store = self.known(&base, make).map_err(|error| bad(address, error.to_string(), hint))?;
        let shown = address.trim_end_matches('/').to_owned();
        let place = Some((base, path.clone()));
        Ok(Remote { store, path, place, shown, secret: None, is_web: false, hint, patience: self.patience })
    }

    fn at_http(&self, address: &str, scheme: &str, rest: &str) -> Result<Remote, Error> {
        let (plain, query) = rest.split_once('?').map_or((rest, None), |(plain, query)| (plain, Some(query)));
        let (server, folder) = plain.split_once('/').unwrap_or((plain, ""));
        let (user, host) = server.rsplit_once('@').map_or((None, server), |(user, host)| (Some(user), host));
        let shown = format!("{scheme}://{host}/{folder}");
        // A signed address is good for itself alone, and one that a store's paths cannot express is taken as it is.
        // What readers of addresses drop, or take for a slash, is not compared.
        let is_plain =
            !folder.contains(|char: char| char == '\\' || char.is_control() || char.is_whitespace());
        let path = Path::from_url_path(folder).ok().filter(|_| is_plain);
        let place = path.map(|path| (format!("{scheme}://{server}"), path));
        let (base, path) = match &place {
            Some((base, path)) if query.is_none() => (base.clone(), path.clone()),
            _ => (address.trim_end_matches('/').to_owned(), Path::default()),
        };
        let store = self.known(&base, |base| http(base, self.http_retries_max));
        let store = store.map_err(|error| bad(&shown, error.to_string(), SCHEMES_HINT))?;
        let (shown, secret) = (shown.trim_end_matches('/').to_owned(), query.or(user).map(str::to_owned));
        let (hint, patience) = (HTTP_HINT, self.patience);
        Ok(Remote { store, path, place, shown, secret, is_web: true, hint, patience })
    }

    fn known(&self, base: &str, make: impl FnOnce(&str) -> Made) -> Made {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = known.get(base) {
            return Ok(store.clone());
        }
        let store = make(base)?;
        known.insert(base.to_owned(), store.clone());
        Ok(store)
    }
}

fn bad(address: &str, reason: String, hint: &'static str) -> Error {
    Error::Address { address: address.to_owned(), reason, hint }
}

fn retries() -> RetryConfig {
    RetryConfig { max_retries: RETRIES_MAX, retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() }
}

fn timeout() -> String {
    format!("{} s", REQUEST_TIMEOUT.as_secs())
}

fn s3(base: &str) -> Made {
    let key = object_store::aws::AmazonS3ConfigKey::Client(ClientConfigKey::Timeout);
    let builder = AmazonS3Builder::from_env().with_config(key, timeout());
    Ok(Arc::new(builder.with_url(base).with_retry(retries()).build()?))
}

fn gs(base: &str) -> Made {
    let key = object_store::gcp::GoogleConfigKey::Client(ClientConfigKey::Timeout);
    let builder = GoogleCloudStorageBuilder::from_env().with_config(key, timeout());
    Ok(Arc::new(builder.with_url(base).with_retry(retries()).build()?))
}

fn az(base: &str) -> Made {
    let key = object_store::azure::AzureConfigKey::Client(ClientConfigKey::Timeout);
    let builder = MicrosoftAzureBuilder::from_env().with_config(key, timeout());
    Ok(Arc::new(builder.with_url(base).with_retry(retries()).build()?))
}

fn http(base: &str, max_retries: usize) -> Made {
    let options = ClientOptions::new().with_allow_http(true).with_timeout(REQUEST_TIMEOUT);
    let retries = RetryConfig { max_retries, ..retries() };
    let builder = HttpBuilder::new().with_url(base).with_client_options(options).with_retry(retries);
    Ok(Arc::new(builder.build()?))
}
