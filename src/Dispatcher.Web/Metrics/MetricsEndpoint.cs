using Dispatcher.Web.Access;
using Dispatcher.Web.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;

namespace Dispatcher.Web.Metrics;

/// <summary><c>GET /metrics</c>, for Prometheus and all that read its formats.</summary>
internal static class MetricsEndpoint
{
    private const string OpenMetrics = "application/openmetrics-text";

    public static void MapMetrics(this IEndpointRouteBuilder app)
    {
        // It listens from now on, not from the first reading: what happens before that counts too.
        app.ServiceProvider.GetRequiredService<MetricsCollector>();
        app.MapGet("/metrics", Get).WithName("metrics").WithTags("metrics").DisableHttpMetrics().RequireRole(Role.Monitor)
            .AnswersFile("Metrics in a text format of Prometheus.", "text/plain", OpenMetrics);
    }

    /// <summary>Read metrics</summary>
    /// <remarks>In the format that Accept prefers. They count the work of all tenants, so they are for the operator of the machine.</remarks>
    internal static async Task Get(HttpContext http, MetricsCollector metrics)
    {
        var openMetrics = WantsOpenMetrics(http.Request.GetTypedHeaders().Accept);
        http.Response.ContentType = openMetrics ? PrometheusWriter.OpenMetricsType : PrometheusWriter.TextType;
        http.Response.Headers.CacheControl = "no-store";
        metrics.Read(families => new PrometheusWriter(http.Response.BodyWriter, openMetrics).Write(families));
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }

    /// <summary>Only if it is named, and not less welcome than plain text.</summary>
    private static bool WantsOpenMetrics(IList<MediaTypeHeaderValue> accepted)
    {
        var weight = WeightOf(accepted, OpenMetrics);
        return weight > 0 && weight >= WeightOf(accepted, "text/plain");
    }

    private static double WeightOf(IList<MediaTypeHeaderValue> accepted, string type) =>
        accepted.Where(value => value.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase)).Select(value => value.Quality ?? 1).DefaultIfEmpty(0).Max();
}
