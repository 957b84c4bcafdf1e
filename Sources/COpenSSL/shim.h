/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's macros as functions: Swift sees none of those that have arguments or casts. */
#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* TLS 1.2 and 1.3 (RFC 8996 ends the older ones), no renegotiation, no compression, no early data.
 * A connection gives its buffers back while nothing is under way. 1: done. */
static inline int copenssl_set_rules(SSL_CTX *context) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  /* Tickets carry the sessions: a cache would be memory that peers fill. */
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_max_early_data(context, 0) == 1;
}

static inline int copenssl_set_groups(SSL_CTX *context, const char *groups) {
  return (int)SSL_CTX_set1_groups_list(context, groups);
}

/* How long the certificates that a peer shows may be, all together. */
static inline void copenssl_set_certificates_limit(SSL_CTX *context, long byte_count) {
  SSL_CTX_set_max_cert_list(context, byte_count);
}

/* Flags of a BIO whose reader should come again, and what it clears first. */
static const int copenssl_retry_read = BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY;
static const int copenssl_retry_flags = BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY;

/* A name as RFC 2253 writes it, letters beyond ASCII as they are. */
static inline int copenssl_print_name(BIO *destination, const X509_NAME *name) {
  return X509_NAME_print_ex(destination, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
}

/* The name that the server is asked for (RFC 6066 §3). */
static inline int copenssl_set_server_name(SSL *session, const char *name) {
  return (int)SSL_set_tlsext_host_name(session, name);
}

static inline int copenssl_names_count(const GENERAL_NAMES *names) {
  return sk_GENERAL_NAME_num(names);
}

/* The text of a name that is text (DNS, URI, email), and its kind; NULL for the others. */
static inline const ASN1_STRING *copenssl_name_text(
    const GENERAL_NAMES *names, int index, int *kind) {
  const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
  *kind = name->type;
  return *kind == GEN_DNS || *kind == GEN_URI || *kind == GEN_EMAIL ? name->d.ia5 : NULL;
}

#endif
