using System.CommandLine;
using System.Text.Json.Nodes;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;
using Dispatcher.Host.Terminal;

namespace Dispatcher.Host.Commands.Remote;

/// <summary><c>dispatcher job create</c></summary>
internal sealed class JobCreateCommand
{
    private readonly Argument<string> _workflow = new("WORKFLOW") { Description = "A registered workflow: NAME, or NAME@VERSION" };
    private readonly Option<string[]> _input = new("--input") { Description = "A value of the input; a.b=c for a nested one", HelpName = "KEY=VALUE", DefaultValueFactory = _ => [] };
    private readonly Option<string?> _inputFile = new("--input-file") { Description = "The input as a file with one JSON object", HelpName = "FILE" };
    private readonly Option<string?> _key = new("--idempotency-key") { Description = "A second job with this key is the first one", HelpName = "KEY" };
    private readonly Option<int?> _priority = new("--priority") { Description = "-100..100; a higher one is admitted first", HelpName = "N" };
    private readonly Option<string[]> _labels = new("--label") { Description = "A label by which the job is found", HelpName = "KEY=VALUE", DefaultValueFactory = _ => [] };
    private readonly Option<string[]> _dependsOn = new("--depends-on") { Description = "A job that must complete first", HelpName = "JOB", DefaultValueFactory = _ => [] };
    private readonly Option<string?> _startAt = new("--start-at") { Description = "Not before this time (RFC 3339)", HelpName = "TIME" };
    private readonly Option<string?> _callback = new("--callback") { Description = "Post the job's events to this address", HelpName = "URL" };
    private readonly Option<string?> _parent = new("--parent") { Description = "The job to which this one belongs", HelpName = "JOB" };
    private readonly Option<bool> _watch = new("--watch") { Description = "Show the job to its end" };
    private readonly Option<string> _output = SharedOptions.Output("table", "json", "ids");
    private readonly HostEdges _edges;
    private readonly RemoteOptions _remote;

    private JobCreateCommand(HostEdges edges, RemoteOptions remote) => (_edges, _remote) = (edges, remote);

    public static Command Create(HostEdges edges, RemoteOptions remote)
    {
        var create = new JobCreateCommand(edges, remote);
        var command = new Command("create", "Create a job on a server")
        {
            create._workflow, create._input, create._inputFile, create._key, create._priority, create._labels, create._dependsOn, create._startAt, create._callback, create._parent,
            create._watch, create._output,
        };
        command.SetAction((parsed, _) => create.Run(parsed));
        return command;
    }

    private async Task<int> Run(ParseResult parsed)
    {
        using var api = _remote.Require(parsed);
        var job = await api.Post("jobs", Body(parsed).ToJsonString());
        switch (parsed.GetRequiredValue(_output))
        {
            case "ids":
                _edges.Out.WriteLine(job.Text("id"));
                break;
            case "json":
                _edges.Out.WriteLine(JsonText.Of(job));
                break;
            default:
                _edges.Out.WriteLine($"Job {job.Text("id")} is {job.Text("status")}.");
                break;
        }

        return parsed.GetValue(_watch) ? await JobWatch.Run(_edges, api, job.Text("id")!, asJson: false) : ExitCode.Ok;
    }

    private JsonObject Body(ParseResult parsed)
    {
        var (name, version) = VersionedName.Read(parsed.GetRequiredValue(_workflow));
        var body = new JsonObject { ["workflow"] = name };
        Set("version", version);
        Set("input", InputReader.ReadUnchecked(parsed.GetValue(_inputFile), parsed.GetRequiredValue(_input), _edges.CurrentDirectory));
        Set("idempotency_key", parsed.GetValue(_key));
        Set("priority", parsed.GetValue(_priority));
        Set("start_at", parsed.GetValue(_startAt));
        if (InputReader.ReadLabels(parsed.GetRequiredValue(_labels)) is { } labels) body["labels"] = new JsonObject(labels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value)));
        if (parsed.GetRequiredValue(_dependsOn) is { Length: > 0 } jobs) body["depends_on"] = new JsonArray([.. jobs.Select(id => JsonValue.Create(id))]);
        Set("parent", parsed.GetValue(_parent));
        if (parsed.GetValue(_callback) is { } url) body["callback"] = new JsonObject { ["url"] = url };
        return body;

        void Set(string field, JsonNode? value)
        {
            if (value is not null) body[field] = value;
        }
    }
}
