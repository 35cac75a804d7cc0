using System.Diagnostics;
using System.Text;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Store;
using Dispatcher.Workflows;

namespace Dispatcher.Bench.Workloads;

/// <summary>The process that W5 kills: submits the jobs if there are none yet and dies when 3,000 bodies have ended; started again, it says when all jobs have.</summary>
internal static class RecoveryChild
{
    public const string Verb = "--recovery-child";
    public const string AllDone = "all jobs have completed";
    public const int Jobs = 2000;

    private const int KillAtBodies = 3000;

    public static string BodyLog(string directory) => Path.Combine(directory, "bodies.log");

    public static async Task<int> Run(string directory)
    {
        await using var log = new FileStream(BodyLog(directory), FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        await using var node = BenchNode.Open(directory, new LoggedBody(log, dies: log.Length == 0));
        using var subscription = node.Node.Feed.Subscribe(capacity: 1_000_000);
        await node.Node.Start();
        var existing = await node.Store.ListJobs(new JobQuery { Limit = 1 });
        if (existing.Rows.Count == 0) await Submit(node);
        var open = await OpenJobs(node);
        await foreach (var message in subscription.Messages.ReadAllAsync())
        {
            if (message is Feed.FeedMessage.Committed { State: { Status: JobStatus.Completed } state }) open.Remove(state.Id);
            if (open.Count == 0) break;
        }

        Console.WriteLine(AllDone);
        return 0;
    }

    private static async Task Submit(BenchNode node)
    {
        var workflow = WorkflowDefinition.Create("w5", 1)
            .Step("first", LoggedBody.HandlerName)
            .Step("second", LoggedBody.HandlerName, needs: ["first"], with: new { sleep = 1 })
            .Step("third", LoggedBody.HandlerName, needs: ["second"])
            .Build();
        await node.Node.Workflows.Register(workflow);
        await Task.WhenAll(Enumerable.Range(0, Jobs).Select(_ => node.Node.Gateway.Submit(new JobSpec { Workflow = workflow.Reference }, BenchNode.Bench)));
    }

    private static async Task<HashSet<JobId>> OpenJobs(BenchNode node)
    {
        var open = new HashSet<JobId>();
        JobId? before = null;
        do
        {
            var page = await node.Store.ListJobs(new JobQuery { Limit = 1000, Before = before });
            open.UnionWith(page.Rows.Where(row => row.Status != JobStatus.Completed).Select(row => row.Id));
            before = page.Next;
        }
        while (before is not null);

        return open;
    }

    /// <summary>A body that sleeps if told so, and writes down that it has ended.</summary>
    private sealed class LoggedBody(FileStream log, bool dies) : IStepHandler
    {
        public const string HandlerName = "bench.body";

        private readonly Lock _lock = new();
        private int _ended;

        public string Name => HandlerName;

        public JsonSchema? With => null;

        public async ValueTask<StepResult> Run(StepContext context)
        {
            if (context.With is not null) await Task.Delay(TimeSpan.FromSeconds(1), context.Time, context.Cancellation);
            lock (_lock) log.Write(Encoding.ASCII.GetBytes(context.IdempotencyKey + "\n"));
            // SIGKILL from within, so that it comes at this very body and not when another process has been scheduled.
            if (Interlocked.Increment(ref _ended) == KillAtBodies && dies) Process.GetCurrentProcess().Kill();
            return StepResult.Completed.Empty;
        }
    }
}
