using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;

namespace Dispatcher.Host.Commands.Remote;

/// <summary>The orders of <c>dispatcher job</c> that a server carries out: approve, reject, pause, resume, cancel, recover, retry, priority.</summary>
internal static class JobOrders
{
    public static IEnumerable<Command> Create(HostEdges edges, RemoteOptions remote)
    {
        yield return Approval("approve", "Approve a job that waits for it, or its step that does");
        yield return Approval("reject", "Reject a job that waits for approval, or its step that does");
        yield return Plain("pause", "Let running steps end and start no more");
        yield return Plain("resume", "Go on with a paused job");
        yield return Plain("cancel", "Stop a job for good");
        var fromStep = new Option<string>("--from-step") { Description = "The step to go on from; it and all that need it run again", HelpName = "STEP", Required = true };
        yield return Order("recover", "Go on with a failed job from a step", [fromStep], parsed => ("recover", new JsonObject { ["from_step"] = parsed.GetRequiredValue(fromStep) }));
        var step = new Argument<string>("STEP") { Description = "The step's id; of an item: step[3]" };
        yield return Order("retry", "Try a failed step, or one that waits for its next attempt, at once", [step], parsed => ($"steps/{Uri.EscapeDataString(parsed.GetRequiredValue(step))}/retry", []));
        var priority = new Argument<int>("PRIORITY") { Description = "-100..100; a higher one is admitted first" };
        yield return Order("priority", "Change a job's priority", [priority], parsed => ("priority", new JsonObject { ["priority"] = parsed.GetRequiredValue(priority) }));

        Command Plain(string name, string description) => Order(name, description, [], _ => (name, []));

        Command Approval(string name, string description)
        {
            var gate = new Option<string?>("--step") { Description = "The approval step, if more than one waits", HelpName = "STEP" };
            return Order(name, description, [gate], parsed => (name, parsed.GetValue(gate) is { } id ? new JsonObject { ["step"] = id } : []));
        }

        Command Order(string name, string description, IEnumerable<Symbol> symbols, Func<ParseResult, (string Path, JsonObject Body)> request)
        {
            var command = new Command(name, description);
            var job = ReadingOptions.Job();
            var reason = new Option<string?>("--reason") { Description = "Why; it is recorded with the order", HelpName = "TEXT" };
            var version = new Option<long?>("--if-version") { Description = "Only if the job is at this version", HelpName = "N" };
            var output = SharedOptions.Output("table", "json");
            command.Add(job);
            foreach (var symbol in symbols)
            {
                if (symbol is Argument argument) command.Add(argument);
                else command.Add((Option)symbol);
            }

            foreach (var option in (Option[])[reason, version, output]) command.Add(option);
            command.SetAction(async (parsed, _) =>
            {
                using var api = remote.Require(parsed);
                var (path, body) = request(parsed);
                if (parsed.GetValue(reason) is { } why) body["reason"] = why;
                var id = await RemoteJobs.Resolve(api, parsed.GetRequiredValue(job));
                var view = await api.Post($"jobs/{id}/{path}", body.ToJsonString(), parsed.GetValue(version));
                edges.Out.WriteLine(parsed.GetRequiredValue(output) == "json" ? JsonText.Of(view) : Sentence(view));
                return ExitCode.Ok;
            });
            return command;
        }
    }

    private static string Sentence(JsonElement job) => $"Job {job.GetProperty("id").GetString()} is {job.GetProperty("status").GetString()} (version {job.GetProperty("version").GetInt64()}).";
}
