package breakwater;

/** Customer gave no valid response: it is unknown whether the customer exists. */
public class CustomerUnavailableException extends RuntimeException {
  CustomerUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
