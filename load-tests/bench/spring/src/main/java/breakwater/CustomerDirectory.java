package breakwater;

import io.github.resilience4j.bulkhead.annotation.Bulkhead;
import io.github.resilience4j.circuitbreaker.annotation.CircuitBreaker;
import io.github.resilience4j.retry.annotation.Retry;
import io.github.resilience4j.timelimiter.annotation.TimeLimiter;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import org.springframework.stereotype.Component;
import org.springframework.web.client.HttpClientErrorException;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;

/** Verifies customers. The aspects are in their default order: retry, circuit breaker, time limiter, bulkhead. */
@Component
public class CustomerDirectory {
  /** What customer knows; {@code verifiedAt} is null where customer could not be called. */
  public record Verification(boolean exists, Instant verifiedAt) {}

  public record Customer(String id, String status) {}

  private final RestClient client;
  private final ExecutorService calls;

  CustomerDirectory(RestClient customer, ExecutorService customerCalls) {
    this.client = customer;
    this.calls = customerCalls;
  }

  @Retry(name = "customer", fallbackMethod = "unverified")
  @CircuitBreaker(name = "customer")
  @TimeLimiter(name = "customer")
  @Bulkhead(name = "customer")
  public CompletionStage<Verification> verify(String customerId) {
    return CompletableFuture.supplyAsync(() -> find(customerId), calls);
  }

  private Verification find(String customerId) {
    try {
      var customer = client.get().uri("/customers/{id}", customerId).retrieve().body(Customer.class);
      if (customer == null || !customerId.equals(customer.id())) {
        throw new CustomerUnavailableException("customer responded with another customer", null);
      }
      return new Verification("ACTIVE".equals(customer.status()), Instant.now());
    } catch (HttpClientErrorException.NotFound notFound) {
      return new Verification(false, Instant.now());
    } catch (RestClientException failure) {
      throw new CustomerUnavailableException("customer cannot be called", failure);
    }
  }

  CompletionStage<Verification> unverified(String customerId, Throwable reason) {
    return CompletableFuture.completedFuture(new Verification(true, null));
  }
}
