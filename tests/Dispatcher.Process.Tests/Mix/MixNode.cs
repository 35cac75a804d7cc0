using System.Text.Json;
using Dispatcher.Feed;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps.Admission;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Steps.Handlers;
using Dispatcher.Store;
using Dispatcher.Store.Sqlite;
using Dispatcher.Workflows;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Process.Tests.Mix;

/// <summary>
/// A node that submits jobs of five shapes with the idempotency keys <c>job-0</c>, <c>job-1</c>… and works until all have ended. Started again on the same
/// directory it submits all of them again, as a client does that does not know what was accepted. Writes <c>ready</c> after recovery, <c>accepted KEY ID</c>
/// for each acknowledgement, <c>committed N</c> as the events of this life become durable, and <c>done</c>. One that stays waits then to be killed.
/// </summary>
internal static class MixNode
{
    /// <summary>Submissions in flight: enough for group commits, few enough that some jobs run before the last is submitted.</summary>
    private const int Lanes = 4;

    /// <summary>The pace of a lane's new jobs: acknowledgements are spread over many lives.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(40);

    /// <summary>Whoever wants to kill it has done so by then.</summary>
    private static readonly TimeSpan Stay = TimeSpan.FromMinutes(10);

    private static readonly Principal Client = new("mix", "test");

    private static readonly JobStatus[] Open =
    [
        JobStatus.Pending, JobStatus.Approved, JobStatus.Scheduled, JobStatus.Waiting, JobStatus.Queued, JobStatus.Running, JobStatus.Paused, JobStatus.Recovering,
    ];

    public static async Task Run(string directory, int jobs, bool stays)
    {
        await using var store = SqliteJobStore.Open(
            new SqliteStoreOptions { DataDirectory = Path.Combine(directory, "data") }, TimeProvider.System, NullLogger.Instance);
        await using var node = new DispatcherNode(
            new NodeEdges
            {
                Store = store,
                Handlers = new HandlerRegistry([new NoopHandler(), new DelayHandler(), new FailHandler(), new BodyHandler(Path.Combine(directory, "bodies"))]),
                Artifacts = new LocalArtifactStore(Path.Combine(directory, "artifacts"), "test", new IdGenerator(TimeProvider.System)),
                Logger = NullLogger.Instance,
            },
            // Few at once, so that the mix takes seconds and a kill falls between many states.
            new NodeOptions { StageLimits = stage => new StageLimits { MaxConcurrency = stage == BodyHandler.HandlerName ? 4 : 1000 } });
        var workflows = MixWorkflows.All;
        foreach (var workflow in workflows) await node.Workflows.Register(workflow);
        await using var counting = Counter.Start(node);
        await node.Start();
        await Console.Out.WriteLineAsync("ready");

        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i < jobs; i = Interlocked.Increment(ref next))
                await Submit(node, $"job-{i}", workflows[i % workflows.Count]);
        }));
        await WaitUntilAllEnded(store);
        await Console.Out.WriteLineAsync("done");
        if (stays) await Task.Delay(Stay, TimeProvider.System);
    }

    private static async Task Submit(DispatcherNode node, string key, WorkflowDefinition workflow)
    {
        var spec = new JobSpec { Workflow = workflow.Reference, IdempotencyKey = key, Input = JsonElement.Parse("{}") };
        switch (await node.Gateway.Submit(spec, Client))
        {
            case CommandReply.Duplicate duplicate:
                await Console.Out.WriteLineAsync($"accepted {key} {duplicate.Existing}");
                break;
            case CommandReply.Done done:
                await Console.Out.WriteLineAsync($"accepted {key} {done.JobId}");
                await Task.Delay(Pace, TimeProvider.System);
                break;
            case var other:
                throw new InvalidOperationException($"{key} was not accepted: {other}");
        }
    }

    private static async Task WaitUntilAllEnded(SqliteJobStore store)
    {
        foreach (var status in Open)
        {
            while ((await store.ListJobs(new JobQuery { Status = status, Limit = 1 })).Rows.Count > 0)
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    /// <summary>Tells the test how far this life is.</summary>
    private sealed class Counter(JobFeed.Subscription feed) : IAsyncDisposable
    {
        private Task _loop = Task.CompletedTask;

        public static Counter Start(DispatcherNode node)
        {
            var counter = new Counter(node.Feed.Subscribe());
            counter._loop = counter.Count();
            return counter;
        }

        public async ValueTask DisposeAsync()
        {
            feed.Dispose();
            await _loop;
        }

        private async Task Count()
        {
            var events = 0;
            await foreach (var message in feed.Messages.ReadAllAsync())
            {
                if (message is not FeedMessage.Committed committed) continue;
                events += committed.Events.Count;
                await Console.Out.WriteLineAsync($"committed {events}");
            }
        }
    }
}
