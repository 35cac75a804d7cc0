using System.CommandLine;
using System.Globalization;
using Dispatcher.Host.Commands.Remote;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;
using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Host.Commands;

/// <summary><c>dispatcher job list</c></summary>
internal static class JobListCommand
{
    private const int PageLimit = 1000;

    public static Command Create(HostEdges edges, RemoteOptions remote)
    {
        var status = new Option<string?>("--status") { Description = "Only jobs in this status", HelpName = "STATUS" };
        status.AcceptOnlyFromAmong([.. Enum.GetValues<JobStatus>().Where(value => value != JobStatus.None).Select(value => value.ToText())]);
        var workflow = new Option<string?>("--workflow") { Description = "Only jobs of this workflow", HelpName = "NAME" };
        var limit = new Option<int>("--limit") { Description = "The most jobs to list, newest first", HelpName = "N", DefaultValueFactory = _ => 20 };
        var label = new Option<string[]>("--label") { Description = "Only jobs with this label (of a server)", HelpName = "KEY=VALUE", DefaultValueFactory = _ => [] };
        var text = new Option<string?>("--text") { Description = "Only jobs with these words in their labels, keys or workflow's name (of a server)", HelpName = "WORDS" };
        var output = SharedOptions.Output("table", "json", "jsonl", "ids");
        var command = new Command("list", "List jobs, newest first") { status, workflow, label, text, limit, output };
        var reading = new ReadingOptions(edges, command);
        command.SetAction(async (parsed, _) =>
        {
            if (parsed.GetValue(limit) < 1) throw new CommandException(ExitCode.Usage, "--limit is 1 or more.");
            if (remote.Find(parsed) is { } api)
            {
                using (api)
                {
                    var list = new RemoteList(parsed.GetValue(status), parsed.GetValue(workflow), parsed.GetRequiredValue(label), parsed.GetValue(text), parsed.GetValue(limit));
                    return await list.Run(edges, api, parsed.GetRequiredValue(output));
                }
            }

            if (parsed.GetRequiredValue(label).Length > 0 || parsed.GetValue(text) is not null)
                throw new CommandException(ExitCode.Usage, "--label and --text are filters of a server: name one with --server.");
            await using var jobs = await reading.Open(parsed);
            var query = new JobQuery
            {
                Status = parsed.GetValue(status) is { } name && KebabCaseEnumConverter<JobStatus>.TryParse(name, out var wanted) ? wanted : null,
                WorkflowName = parsed.GetValue(workflow),
            };
            Write(edges, parsed.GetRequiredValue(output), await Read(jobs.Store, query, parsed.GetValue(limit)));
            return ExitCode.Ok;
        });
        return command;
    }

    private static async Task<List<JobRow>> Read(IJobStore store, JobQuery query, int limit)
    {
        var rows = new List<JobRow>();
        JobId? before = null;
        while (rows.Count < limit)
        {
            var page = await store.ListJobs(query with { Limit = Math.Min(PageLimit, limit - rows.Count), Before = before });
            rows.AddRange(page.Rows);
            if (page.Next is null) break;
            before = page.Next;
        }

        return rows;
    }

    private static void Write(HostEdges edges, string format, List<JobRow> rows)
    {
        switch (format)
        {
            case "ids":
                foreach (var row in rows) edges.Out.WriteLine(row.Id);
                break;
            case "jsonl":
                foreach (var row in rows) edges.Out.WriteLine(JsonText.Line(Json(row)));
                break;
            case "json":
                edges.Out.WriteLine(JsonText.Of(rows.Select(Json)));
                break;
            default:
                PlainTable.Write(edges.Out, ["job", "workflow", "status", "waits for", "priority", "created", "updated"], rows.Select(row => Cells(row, edges.Time)));
                break;
        }
    }

    private static string[] Cells(JobRow row, TimeProvider time) =>
    [
        row.Id.ToString(), $"{row.WorkflowName} v{row.WorkflowVersion}", row.Status.ToText(), row.WaitsFor ?? "-", row.Priority.ToString(CultureInfo.InvariantCulture),
        TimeText.DateAndClock(row.CreatedAt, time), TimeText.DateAndClock(row.UpdatedAt, time),
    ];

    private static object Json(JobRow row) => new
    {
        JobId = row.Id.ToString(),
        row.Tenant,
        Workflow = row.WorkflowName,
        row.WorkflowVersion,
        row.Status,
        row.WaitsFor,
        WakesAt = row.WakeAt is { } at && at != JobRow.Active ? TimeText.Machine(at) : null,
        row.Priority,
        CreatedAt = TimeText.Machine(row.CreatedAt),
        UpdatedAt = TimeText.Machine(row.UpdatedAt),
        row.Labels,
    };
}
