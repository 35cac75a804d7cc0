using System.Text.Json;
using Dispatcher.Process.Tests.Support;
using Dispatcher.Store.Sqlite;
using Dispatcher.Tests.Shared;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Process.Tests;

/// <summary>The server dies again and again under its live feeds; their clients, real ones, come back by themselves and have seen everything once.</summary>
public sealed class KillFeedTests : IDisposable
{
    private const int Lives = 4;
    private const int JobsOfALife = 5;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Clients_SeeEachEventOnce_WhenTheServerIsKilledAgainAndAgain()
    {
        var seed = Seed.Next();
        var chance = new Random(seed);
        var address = LastingPort.TakeAddress();
        var service = await ServiceProcess.Start(_directory.Path, _directory.Data, address: address);
        await service.Register("naps", SmallWorkflows.Naps(4, 60));
        var followed = await service.Submit(new { workflow = "naps" });
        NodeClient[] clients =
        [
            NodeClient.Start("sse.mjs", new { url = new Uri(address, "/api/v1/stream?after=o0"), untilEnded = Lives * JobsOfALife }),
            NodeClient.Start("signalr.mjs", new { url = new Uri(address, "/hubs/jobs"), follow = new { after = "o0" }, untilEnded = Lives * JobsOfALife }),
            NodeClient.Start("sse.mjs", new { url = new Uri(address, $"/api/v1/jobs/{followed}/stream"), untilEnded = 1 }),
            NodeClient.Start("signalr.mjs", new { url = new Uri(address, "/hubs/jobs"), follow = new { job = followed }, untilEnded = 1 }),
        ];
        try
        {
            foreach (var client in clients) await client.Next();
            for (var life = 1; life <= Lives; life++)
            {
                for (var n = life == 1 ? 1 : 0; n < JobsOfALife; n++) await service.Submit(new { workflow = "naps" });
                if (life == Lives) break;
                await Wait.Instant(chance.NextMilliseconds(250));
                service.Process.Kill9();
                await service.Process.WaitForExit();
                await service.DisposeAsync();
                service = await ServiceProcess.Start(_directory.Path, _directory.Data, address: address);
            }

            foreach (var client in clients) await client.ReadToEnd();
            var journal = await ReadJournal();
            Assert.True(journal.SequenceEqual(Seen(clients[0])), Differences("sse.mjs", journal, clients[0], seed));
            Assert.True(journal.SequenceEqual(Seen(clients[1])), Differences("signalr.mjs", journal, clients[1], seed));
            var ofJob = journal.Where(line => line.StartsWith(followed, StringComparison.Ordinal)).ToList();
            Assert.True(ofJob.SequenceEqual(Seen(clients[2])), Differences("sse.mjs of a job", ofJob, clients[2], seed));
            Assert.True(ofJob.SequenceEqual(Seen(clients[3])), Differences("signalr.mjs of a job", ofJob, clients[3], seed));
        }
        finally
        {
            foreach (var client in clients) await client.DisposeAsync();
            await service.DisposeAsync();
        }
    }

    private static IEnumerable<string> Seen(NodeClient client) => client.Events.Select(e => Line(e.GetProperty("job_id").GetString(), e.GetProperty("seq").GetInt64(), e.GetProperty("type").GetString()));

    private static string Line(string? job, long sequenceNr, string? type) => $"{job} {sequenceNr} {type}";

    private async Task<List<string>> ReadJournal()
    {
        await using var store = SqliteJobStore.OpenReadOnly(_directory.Data, NullLogger.Instance);
        return [.. (await store.ReadJournal(0, "default", 100_000)).Entries.Select(entry => Line(entry.JobId.ToString(), entry.SequenceNr, entry.Type))];
    }

    private static string Differences(string client, IReadOnlyList<string> journal, NodeClient seen, int seed) =>
        $"""
        {client}, seed {seed}. The journal:
        {string.Join('\n', journal)}
        What the client printed:
        {string.Join('\n', seen.Lines.Select(line => JsonSerializer.Serialize(line)))}
        """;
}
