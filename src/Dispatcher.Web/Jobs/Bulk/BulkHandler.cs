using System.Globalization;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Json;
using Dispatcher.Web.Problems;
using Dispatcher.Workflows;

namespace Dispatcher.Web.Jobs.Bulk;

/// <summary>
/// Carries a bulk command out, page by page: commands the jobs of a page, writes what came of each into a file, and saves how far it is. After a crash it goes
/// on with the page that it was at, and asks each job of that page first whether it has had the command: so none gets it twice.
/// </summary>
internal sealed class BulkHandler(DispatcherEngine engine) : IStepHandler
{
    public const string HandlerName = "dispatcher.bulk";

    /// <summary>Jobs between two checkpoints.</summary>
    private const int PageLimit = 500;

    private const string PagesFolder = "pages";

    public string Name => HandlerName;

    public JsonSchema? With => null;

    public async ValueTask<StepResult> Run(StepContext context)
    {
        var input = context.With!.Value.GetProperty("order").Deserialize<BulkInput>(ApiJson.Options)!;
        var faults = new List<RequestFault>();
        // It was checked when it was taken, maybe by an older version that knew more commands.
        var order = BulkOrder.Read(input.Request, faults)
            ?? throw new StepFailedException(ErrorClass.Permanent, $"This version cannot carry the command out: {string.Join("; ", faults.Select(fault => $"{fault.Path} {fault.Message}"))}", "UNKNOWN_COMMAND");
        var targets = new BulkTargets(engine.Store, context.Tenant, order.Filter);
        var sender = new BulkSender(engine, context.Tenant, order, new Principal(input.By, $"bulk {context.JobId}"));
        var totals = context.Checkpoint?.Deserialize<BulkTotals>(ApiJson.Options) ?? BulkTotals.None;
        var mayBeRepeated = context.Attempt > 1;
        while (true)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            var (rows, next) = await targets.Page(totals.Last ?? context.JobId, PageLimit);
            var outcomes = await sender.Send(rows, mayBeRepeated, context.Cancellation);
            mayBeRepeated = false;
            if (outcomes.Count > 0) await WritePage(context, totals.Pages + 1, outcomes);
            totals = Add(totals, outcomes) with { Last = next ?? totals.Last };
            if (next is null) break;
            await context.SaveCheckpoint(JsonSerializer.SerializeToElement(totals, ApiJson.Options));
            context.Progress(0, string.Create(CultureInfo.InvariantCulture, $"{totals.Targets} jobs so far"));
        }

        var file = await JoinPages(context, totals.Pages);
        return new StepResult.Completed(JsonSerializer.SerializeToElement(totals with { Last = null }, ApiJson.Options), [file]);
    }

    private static BulkTotals Add(BulkTotals totals, IReadOnlyList<BulkOutcome> outcomes) => totals with
    {
        Pages = totals.Pages + (outcomes.Count > 0 ? 1 : 0),
        Targets = totals.Targets + outcomes.Count,
        Applied = totals.Applied + Count(outcomes, BulkSender.Applied),
        Unchanged = totals.Unchanged + Count(outcomes, BulkSender.Unchanged),
        Refused = totals.Refused + Count(outcomes, BulkSender.Refused),
        Gone = totals.Gone + Count(outcomes, BulkSender.Gone),
    };

    private static int Count(IReadOnlyList<BulkOutcome> outcomes, string outcome) => outcomes.Count(one => one.Outcome == outcome);

    /// <summary>A page that is written again replaces what an attempt that crashed has written.</summary>
    private static async Task WritePage(StepContext context, int number, IReadOnlyList<BulkOutcome> outcomes)
    {
        using var lines = new MemoryStream();
        foreach (var outcome in outcomes)
        {
            JsonSerializer.Serialize(lines, outcome, ApiJson.Options);
            lines.WriteByte((byte)'\n');
        }

        await context.Artifacts.Write(PageName(number), PagesFolder, lines.GetBuffer().AsMemory(0, (int)lines.Length), context.Cancellation);
    }

    private static async Task<ArtifactReference> JoinPages(StepContext context, int pages)
    {
        // An attempt that crashed between here and its end has joined them.
        if (pages > 0 && !context.Artifacts.Exists(PageName(1)) && await context.Artifacts.Describe(BulkWorkflow.OutcomesPath, "outcomes", context.Cancellation) is { } joined) return joined;
        using var whole = context.Artifacts.CreateTemporary(BulkWorkflow.OutcomesPath);
        await using (var file = File.Create(whole.Path))
        {
            for (var number = 1; number <= pages; number++)
            {
                await using var page = File.OpenRead(context.Artifacts.PathOf(PageName(number)));
                await page.CopyToAsync(file, context.Cancellation);
            }
        }

        var reference = await context.Artifacts.Commit(whole, "outcomes", context.Cancellation);
        for (var number = 1; number <= pages; number++) File.Delete(context.Artifacts.PathOf(PageName(number)));
        return reference;
    }

    private static string PageName(int number) => string.Create(CultureInfo.InvariantCulture, $"{PagesFolder}/{number:000000}.jsonl");
}
