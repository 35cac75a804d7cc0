using System.CommandLine;
using System.Text.Json.Nodes;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Remote;

namespace Dispatcher.Host.Commands.Remote;

/// <summary><c>dispatcher schedule create</c>: a schedule of a file, of options, or of a file with options over it.</summary>
internal sealed class ScheduleCreateCommand
{
    private readonly Argument<string> _id = ScheduleCommands.IdArgument();
    private readonly Option<string?> _file = Text("--file", "FILE", "The schedule as a JSON object, with the fields of docs/schedules.md; options go over it");
    private readonly Option<string?> _workflow = Text("--workflow", "WORKFLOW", "The workflow of its jobs: NAME or NAME@VERSION");
    private readonly Option<string?> _pattern = Text("--pattern", "PATTERN", "A pattern in its place: ID or ID@VERSION");
    private readonly Option<string?> _input = Text("--input-json", "JSON", "The jobs' input, or the pattern's parameters: a JSON object");
    private readonly Option<string[]> _dependsOn = new("--depends-on") { Description = "A schedule that must have run since; several if given several times", HelpName = "ID" };
    private readonly Option<bool> _replace = new("--replace") { Description = "Describe it anew if it is there" };

    private readonly Option<string?> _cron = Text("--cron", "CRON", "When: five fields, six with the second first, a macro, or @every DURATION");
    private readonly Option<string?> _at = Text("--at", "TIME", "Once, at this time (RFC 3339)");

    /// <summary>More options that are a field of the same name.</summary>
    private readonly Option<string?>[] _others =
    [
        Text("--timezone", "ZONE", "The IANA zone of --cron; UTC unless given"),
        Text("--overlap", "POLICY", "allow | skip | buffer-one"),
        Text("--catch-up", "POLICY", "What becomes of firings that were missed: one | skip | all"),
        Text("--jitter", "DURATION", "Each firing is late by up to this"),
    ];

    private ScheduleCreateCommand()
    {
    }

    public static Command Create(HostEdges edges, RemoteOptions remote)
    {
        var self = new ScheduleCreateCommand();
        var command = new Command("create", "Make a schedule") { self._id, self._file, self._workflow, self._pattern, self._cron, self._at };
        foreach (var field in self._others) command.Add(field);
        command.Add(self._input);
        command.Add(self._dependsOn);
        command.Add(self._replace);
        command.SetAction(async (parsed, _) =>
        {
            var id = parsed.GetRequiredValue(self._id);
            var body = self.Read(parsed, id, edges.CurrentDirectory).ToJsonString();
            using var api = remote.Require(parsed);
            var made = parsed.GetValue(self._replace) ? await api.Put($"schedules/{Uri.EscapeDataString(id)}", body, "application/json") : await api.Post("schedules", body);
            edges.Out.WriteLine(ScheduleCommands.Sentence(made, edges.Time));
            return ExitCode.Ok;
        });
        return command;
    }

    private JsonObject Read(ParseResult parsed, string id, string directory)
    {
        var body = parsed.GetValue(_file) is { } file ? JsonArgument.ReadObject(file, directory, $"--file {file}") : [];
        if (body["id"] is { } other && !(other is JsonValue value && value.TryGetValue<string>(out var text) && text == id))
            throw new CommandException(ExitCode.Usage, $"--file {parsed.GetValue(_file)}: its id is {other.ToJsonString()}, and you have named {id}.");
        body["id"] = id;
        if (parsed.GetValue(_workflow) is not null || parsed.GetValue(_pattern) is not null) Remove(body, "workflow", "version", "pattern", "pattern_version", "definition");
        Refer(body, parsed.GetValue(_workflow), "workflow", "version");
        Refer(body, parsed.GetValue(_pattern), "pattern", "pattern_version");
        // An option stands for what it cannot be together with, too.
        if (parsed.GetValue(_cron) is not null) Remove(body, "at", "cancel_on");
        if (parsed.GetValue(_at) is not null) Remove(body, "cron");
        foreach (var option in (Option<string?>[])[_cron, _at, .. _others])
        {
            if (parsed.GetValue(option) is { } given) body[option.Name[2..].Replace('-', '_')] = given;
        }

        if (parsed.GetValue(_input) is { } json)
        {
            Remove(body, "input", "params");
            body[body.ContainsKey("pattern") ? "params" : "input"] = JsonArgument.Parse(json, "--input-json");
        }

        if (parsed.GetValue(_dependsOn) is { Length: > 0 } others) body["depends_on"] = new JsonArray([.. others.Select(one => (JsonNode)one)]);
        return body;
    }

    private static void Refer(JsonObject body, string? reference, string name, string version)
    {
        if (reference is null) return;
        var (bare, number) = VersionedName.Read(reference);
        body[name] = bare;
        if (number is { } given) body[version] = given;
    }

    private static void Remove(JsonObject body, params string[] fields)
    {
        foreach (var field in fields) body.Remove(field);
    }

    private static Option<string?> Text(string name, string value, string description) => new(name) { Description = description, HelpName = value };
}
