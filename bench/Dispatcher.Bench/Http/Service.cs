using System.Text;
using System.Text.Json;

namespace Dispatcher.Bench.Http;

/// <summary>What all workloads over HTTP ask of a service.</summary>
internal static class Service
{
    private static readonly HttpClient Client = new();

    /// <summary>Registers the workflow <c>bench</c> or, for jobs that wait for an approval that never comes, <c>bench-waiting</c>.</summary>
    public static async Task Register(Uri address, int steps, bool waits = false)
    {
        var workflow = BenchNode.NoopSteps(waits ? "bench-waiting" : "bench", steps, waits);
        using var body = new StringContent(workflow.CanonicalJson, Encoding.UTF8, "application/json");
        var answer = await Client.PutAsync(new Uri(address, $"/api/v1/workflows/{workflow.Name}/versions/1"), body);
        if (!answer.IsSuccessStatusCode) throw new InvalidOperationException($"The workflow was refused: {await answer.Content.ReadAsStringAsync()}");
    }

    /// <summary>Jobs in the store, and how many of them have still something to do.</summary>
    public static async Task<(long Stored, long Open)> Count(Uri address)
    {
        using var stats = JsonDocument.Parse(await Client.GetStringAsync(new Uri(address, "/api/v1/stats")));
        var byStatus = stats.RootElement.GetProperty("by_status");
        return (stats.RootElement.GetProperty("jobs").GetInt64(), Of("queued") + Of("running"));

        long Of(string status) => byStatus.TryGetProperty(status, out var jobs) ? jobs.GetInt64() : 0;
    }

    /// <summary>The same of a bare server, which counts only those that have still something to do.</summary>
    public static async Task<long> CountBare(Uri address) => long.Parse(await Client.GetStringAsync(new Uri(address, "/open")), System.Globalization.CultureInfo.InvariantCulture);
}
