package breakwater;

import com.zaxxer.hikari.HikariDataSource;
import java.net.URI;
import java.net.http.HttpClient;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.web.client.RestClient;

/** Opens accounts like apps/account, with Spring MVC on virtual threads, JdbcTemplate and Resilience4j. */
@SpringBootApplication
public class Application {
  public static void main(String[] args) {
    SpringApplication.run(Application.class, args);
  }

  /** DATABASE_URL is a URL of libpq, such as {@code postgres://user:password@host:port/database}. */
  @Bean
  HikariDataSource dataSource(@Value("${DATABASE_URL}") URI url) {
    var user = url.getUserInfo().split(":", 2);
    var pool = DataSourceBuilder.create()
        .type(HikariDataSource.class)
        .url("jdbc:postgresql://" + url.getHost() + ":" + url.getPort() + url.getPath())
        .username(user[0])
        .password(user.length > 1 ? user[1] : "")
        .build();
    pool.setMaximumPoolSize(10);
    return pool;
  }

  @Bean(destroyMethod = "close")
  ExecutorService customerCalls() {
    return Executors.newVirtualThreadPerTaskExecutor();
  }

  @Bean
  RestClient customer(RestClient.Builder builder, ExecutorService customerCalls, @Value("${customer.url}") String url) {
    var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).executor(customerCalls).build();
    return builder.baseUrl(url).requestFactory(new JdkClientHttpRequestFactory(client)).build();
  }
}
