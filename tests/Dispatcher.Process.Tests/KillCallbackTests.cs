using System.Net.Http.Json;
using System.Text.Json;
using Dispatcher.Process.Tests.Support;
using Dispatcher.Tests.Shared;

namespace Dispatcher.Process.Tests;

/// <summary>The service dies while callbacks are pending; the receiver, another process, misses none.</summary>
public sealed class KillCallbackTests : IDisposable
{
    private const int Jobs = 20;
    private const string Workflow = """{"name":"quick","version":1,"steps":[{"id":"one","uses":"noop"}]}""";

    private static readonly IReadOnlyDictionary<string, string?> Environment =
        new Dictionary<string, string?>(StringComparer.Ordinal) { ["DISPATCHER__CALLBACKS__ALLOW_PRIVATE_ADDRESSES"] = "on" };

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Callbacks_AllArrive_WhenTheServiceIsKilledWhileTheyArePending()
    {
        var arrived = new Dictionary<string, string>(StringComparer.Ordinal);
        NodeReceiver receiver;
        List<string> jobs = [];
        await using (var service = Serve())
        {
            using var api = await Client(service);
            receiver = await NodeReceiver.Start((await api.GetFromJsonAsync<JsonElement>("webhooks/secret")).GetProperty("secret").GetString()!);
            await receiver.Hang();
            (await api.PutAsync("workflows/quick/versions/1", JsonContent.Create(JsonElement.Parse(Workflow)))).EnsureSuccessStatusCode();
            for (var n = 0; n < Jobs; n++) jobs.Add(await Create(api, receiver.Url));
            // Under way, and never answered.
            for (var n = 0; n < 8; n++) Take(await receiver.Next(), arrived);
            service.Kill9();
            await service.WaitForExit();
        }

        await using var _ = receiver;
        await receiver.Answer(204);
        await using (var service = Serve())
        {
            // Somewhere between the sending of some and the recording of others.
            for (var n = 0; n < 2 * Jobs; n++) Take(await receiver.Next(), arrived);
            service.Kill9();
            await service.WaitForExit();
        }

        await using var last = Serve();
        using var client = await Client(last);
        // A job that has not ended makes more of them.
        foreach (var job in jobs) await Wait.Until(async () => (await client.GetStringAsync($"jobs/{job}")).Contains("\"status\":\"completed\"", StringComparison.Ordinal), () => $"the job {job} has ended");
        await Wait.Until(async () => (await Pending(client)) == 0, () => "nothing is pending any more");
        // What it has told of by now comes before its answer.
        await receiver.Answer(204);
        while (receiver.HasMore) Take(await receiver.Next(), arrived);

        var expected = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var job in jobs)
        {
            var events = (await client.GetFromJsonAsync<JsonElement>($"jobs/{job}/events?type=job.*")).GetProperty("events").EnumerateArray().ToList();
            Assert.Equal("job.completed", events[^1].GetProperty("type").GetString());
            foreach (var e in events) expected.Add($"{job}-{e.GetProperty("seq")}", e.GetProperty("data").ToString());
        }

        // The receiver's answer may be recorded here before its own line has come through the pipe.
        while (receiver.HasMore || arrived.Count < expected.Count) Take(await receiver.Next(), arrived);
        Assert.Equal(expected, new SortedDictionary<string, string>(arrived, StringComparer.Ordinal));
    }

    private DispatcherProcess Serve() =>
        DispatcherProcess.Start(_directory.Path, Environment, "serve", "--urls", "http://127.0.0.1:0", "--data", _directory.Data);

    private static async Task<HttpClient> Client(DispatcherProcess service)
    {
        const string listening = "listens on ";
        var address = "";
        await service.WaitForLine(
            line =>
            {
                var at = line.IndexOf(listening, StringComparison.Ordinal);
                if (at >= 0) address = line[(at + listening.Length)..].Split(' ')[0];
                return at >= 0;
            },
            $"'{listening}'");
        return new HttpClient { BaseAddress = new Uri($"{address}/api/v1/") };
    }

    private static async Task<string> Create(HttpClient api, Uri url)
    {
        using var created = await api.PostAsync("jobs", JsonContent.Create(new { workflow = "quick", callback = new { url } }));
        return (await created.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private static async Task<int> Pending(HttpClient api) =>
        (await api.GetFromJsonAsync<JsonElement>("webhooks/deliveries?status=pending")).GetProperty("deliveries").GetArrayLength();

    /// <summary>One that comes again under its id tells the same.</summary>
    private static void Take(JsonElement callback, Dictionary<string, string> arrived)
    {
        Assert.True(callback.GetProperty("verified")[0].GetBoolean(), callback.ToString());
        var (id, data) = (callback.GetProperty("id").GetString()!, callback.GetProperty("payload").GetProperty("data").GetProperty("data").ToString());
        Assert.Equal(data, arrived.GetValueOrDefault(id, data));
        arrived[id] = data;
    }
}
