package breakwater;

import java.sql.Timestamp;
import java.time.Instant;
import java.util.UUID;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.annotation.Transactional;

/** The statements of bare.ts. The driver prepares those that it runs often, and sends BEGIN together with the next one. */
@Repository
public class AccountStore {
  /** The response of a request, as it is stored under its key. */
  public record Stored(String fingerprint, int status, String body) {}

  public record Opening(UUID id, String customerId, String currency, String label, boolean isVerified, Instant at) {}

  private final JdbcTemplate jdbc;

  AccountStore(JdbcTemplate jdbc) {
    this.jdbc = jdbc;
  }

  /** @return null when there is none */
  public Stored find(String key) {
    var found = jdbc.query("""
        select fingerprint, response_status, response_body::text from account.idempotency_keys
        where key = ? and created_at > now() - interval '24 hours'""",
        (row, number) -> new Stored(row.getString(1), row.getInt(2), row.getString(3)), key);
    return found.isEmpty() ? null : found.getFirst();
  }

  /** @return the response of an earlier request with this key; null when this one was stored */
  @Transactional
  public Stored store(String key, Stored response, Opening opened) {
    var stored = jdbc.update("""
        insert into account.idempotency_keys (key, fingerprint, response_status, response_body)
        values (?, ?, ?, ?::json)
        on conflict (key) do update set fingerprint = excluded.fingerprint, response_status = excluded.response_status,
          response_body = excluded.response_body, created_at = now()
        where idempotency_keys.created_at <= now() - interval '24 hours'""",
        key, response.fingerprint(), response.status(), response.body());
    if (stored == 0) return find(key);
    var at = Timestamp.from(opened.at());
    var status = opened.isVerified() ? "ACTIVE" : "PENDING_VERIFICATION";
    jdbc.update("""
        insert into account.accounts (id, customer_id, currency, label, balance, status, version, verified_at, verified_by,
          created_at, updated_at)
        values (?, ?, ?, ?, 0, ?, 1, ?, ?, ?, ?)""",
        opened.id(), opened.customerId(), opened.currency(), opened.label(), status,
        opened.isVerified() ? at : null, opened.isVerified() ? "CUSTOMER" : null, at, at);
    jdbc.update("""
        insert into account.account_events (account_id, from_status, to_status, reason, happened_at)
        values (?, null, ?, ?, ?)""",
        opened.id(), status, opened.isVerified()
            ? "Opened for a verified customer."
            : "Opened before the customer could be verified.", at);
    if (!opened.isVerified()) {
      jdbc.update("insert into account.pending_verifications (account_id, customer_id) values (?, ?)",
          opened.id(), opened.customerId());
    }
    return null;
  }

  public void ping() {
    jdbc.queryForObject("select 1", Integer.class);
  }
}
