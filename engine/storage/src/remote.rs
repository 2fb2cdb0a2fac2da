//! Files in object stores and on web servers.

use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::path::Path;
use object_store::{ClientConfigKey, ClientOptions, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};

use crate::Error;

/// How long one request may take: components are large, and lines may be slow.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(600);
/// How often a request is tried again that an object store was too busy for.
const RETRIES_MAX: usize = 3;
/// How long a request is tried again.
const RETRY_TIMEOUT: Duration = Duration::from_secs(60);

/// What errors advise.
const SCHEMES_HINT: &str = "s3://, gs://, az://, http:// and https:// are known, each followed by a bucket, container \
    or server, and a folder in it";
const HTTP_HINT: &str = "does it take PUT requests there?";
const AWS_HINT: &str = "keys, region and endpoint are taken from variables such as AWS_ACCESS_KEY_ID, \
    AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT";
const GOOGLE_HINT: &str = "the account is taken from variables such as GOOGLE_SERVICE_ACCOUNT";
const AZURE_HINT: &str = "account and key are taken from variables such as AZURE_STORAGE_ACCOUNT_NAME and \
    AZURE_STORAGE_ACCOUNT_KEY";

/// A place for files: a store, the folder in it, and where its settings come from.
struct Place {
    store: Box<dyn ObjectStore>,
    folder: Path,
    hint: &'static str,
}

/// Sends a file to a folder of an object store or a web server, unless one of that name is there; returns whether it
/// was sent. A server that does not say what is there gets the file again, so its name should stand for its content.
///
/// `address` is `s3://bucket/folder`, `gs://bucket/folder`, `az://container/folder`, or an `http://` or `https://`
/// address under which files can be PUT. Keys and endpoints of object stores come from the environment: variables that
/// begin with `AWS_`, `GOOGLE_` or `AZURE_`, as their own tools know them.
///
/// # Errors
/// [`Error::Address`] when it is no such address, and [`Error::NotTaken`] when the file did not get there.
pub fn put_once(address: &str, name: &str, bytes: Vec<u8>) -> Result<bool, Error> {
    let Place { store, folder, hint } = place(address)?;
    let not_taken = |source: Box<dyn std::error::Error + Send + Sync>| Error::NotTaken {
        address: format!("{}/{name}", address.trim_end_matches('/')),
        source,
        hint,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| not_taken(source.into()))?;
    runtime.block_on(async {
        let path = folder.join(name);
        if store.head(&path).await.is_ok() {
            return Ok(false);
        }
        store.put(&path, PutPayload::from(bytes)).await.map_err(|source| not_taken(source.into()))?;
        Ok(true)
    })
}

fn place(address: &str) -> Result<Place, Error> {
    let bad = |reason: String, hint| Error::Address { address: address.to_owned(), reason, hint };
    let Some((scheme, rest)) = address.split_once("://") else {
        return Err(bad("it has no scheme".into(), SCHEMES_HINT));
    };
    // `az://container/folder`: what follows the first part is the folder.
    let folder = rest.split_once('/').map_or("", |(_, folder)| folder);
    let folder = || Path::from_url_path(folder).map_err(|error| bad(error.to_string(), SCHEMES_HINT));
    let failed = |hint| move |error: object_store::Error| bad(error.to_string(), hint);
    let retries =
        RetryConfig { max_retries: RETRIES_MAX, retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() };
    let timeout = format!("{} s", REQUEST_TIMEOUT.as_secs());
    Ok(match scheme {
        "s3" => {
            let key = object_store::aws::AmazonS3ConfigKey::Client(ClientConfigKey::Timeout);
            let builder = AmazonS3Builder::from_env().with_config(key, timeout);
            let store = builder.with_url(address).with_retry(retries).build().map_err(failed(AWS_HINT))?;
            Place { store: Box::new(store), folder: folder()?, hint: AWS_HINT }
        }
        "gs" => {
            let key = object_store::gcp::GoogleConfigKey::Client(ClientConfigKey::Timeout);
            let builder = GoogleCloudStorageBuilder::from_env().with_config(key, timeout);
            let store = builder.with_url(address).with_retry(retries).build().map_err(failed(GOOGLE_HINT))?;
            Place { store: Box::new(store), folder: folder()?, hint: GOOGLE_HINT }
        }
        "az" => {
            let key = object_store::azure::AzureConfigKey::Client(ClientConfigKey::Timeout);
            let builder = MicrosoftAzureBuilder::from_env().with_config(key, timeout);
            let store = builder.with_url(address).with_retry(retries).build().map_err(failed(AZURE_HINT))?;
            Place { store: Box::new(store), folder: folder()?, hint: AZURE_HINT }
        }
        "http" | "https" => {
            let options = ClientOptions::new().with_allow_http(true).with_timeout(REQUEST_TIMEOUT);
            let once = RetryConfig { max_retries: 0, ..retries };
            // Files go right under the address: a slash at its end would be doubled.
            let builder = HttpBuilder::new().with_url(address.trim_end_matches('/'));
            let store = builder
                .with_client_options(options)
                .with_retry(once)
                .build()
                .map_err(failed(SCHEMES_HINT))?;
            Place { store: Box::new(store), folder: Path::default(), hint: HTTP_HINT }
        }
        other => return Err(bad(format!("`{other}://` is not known here"), SCHEMES_HINT)),
    })
}
