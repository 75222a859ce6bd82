package breakwater;

import breakwater.AccountStore.Opening;
import breakwater.AccountStore.Stored;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;
import tools.jackson.databind.json.JsonMapper;

@RestController
class AccountController {
  record CreateAccount(
      @NotNull @Pattern(regexp = "[a-z0-9-]{1,64}") String customerId,
      @NotNull @Pattern(regexp = "[A-Z]{3}") String currency,
      @Size(min = 1, max = 100) String label) {}

  record Money(long amount, String currency) {}

  record Account(UUID id, String customerId, String currency, String label, Money balance, String status, int version,
      Instant verifiedAt, String verifiedBy, Instant createdAt, Instant updatedAt) {}

  private final CustomerDirectory customers;
  private final AccountStore store;
  private final JsonMapper json;

  AccountController(CustomerDirectory customers, AccountStore store, JsonMapper json) {
    this.customers = customers;
    this.store = store;
    this.json = json;
  }

  @PostMapping("/accounts")
  ResponseEntity<String> open(@RequestHeader("Idempotency-Key") String key, @Valid @RequestBody CreateAccount request) {
    var fingerprint = sha256("POST /accounts\n" + json.writeValueAsString(request));
    var stored = store.find(key);
    if (stored == null) stored = decide(key, fingerprint, request);
    if (!stored.fingerprint().equals(fingerprint)) {
      throw new ResponseStatusException(HttpStatus.UNPROCESSABLE_CONTENT, "The key was used for another request");
    }
    return ResponseEntity.status(stored.status())
        .contentType(MediaType.APPLICATION_JSON)
        .eTag("1")
        .body(stored.body());
  }

  private Stored decide(String key, String fingerprint, CreateAccount request) {
    var verification = customers.verify(request.customerId()).toCompletableFuture().join();
    if (!verification.exists()) {
      throw new ResponseStatusException(HttpStatus.UNPROCESSABLE_CONTENT, "Unknown customer");
    }
    var isVerified = verification.verifiedAt() != null;
    var now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    var opening = new Opening(uuidAt(now), request.customerId(), request.currency(), request.label(), isVerified, now);
    var account = new Account(opening.id(), opening.customerId(), opening.currency(), opening.label(),
        new Money(0, opening.currency()), isVerified ? "ACTIVE" : "PENDING_VERIFICATION", 1,
        isVerified ? now : null, isVerified ? "CUSTOMER" : null, now, now);
    var response = new Stored(fingerprint, isVerified ? 201 : 202, json.writeValueAsString(account));
    var earlier = store.store(key, response, opening);
    return earlier == null ? response : earlier;
  }

  @GetMapping("/health/ready")
  String ready() {
    store.ping();
    return "ok";
  }

  private static String sha256(String text) {
    try {
      var digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** A UUID of version 7. */
  private static UUID uuidAt(Instant now) {
    var random = ThreadLocalRandom.current();
    var high = (now.toEpochMilli() << 16) | 0x7000 | random.nextInt(1 << 12);
    return new UUID(high, random.nextLong() >>> 2 | 1L << 63);
  }
}
