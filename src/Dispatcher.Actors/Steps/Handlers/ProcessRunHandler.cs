using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Jobs;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Steps.Processes;
using Dispatcher.Workflows;

namespace Dispatcher.Steps.Handlers;

/// <summary>
/// <c>process.run</c>: runs an allow-listed command in an empty folder of its attempt. Files listed in <c>outputs</c>, and the step's declared artifacts, are taken from there after the
/// command ended well; an argument that is the final path of an output (<c>${artifacts.path('a.wav')}</c>) is replaced by its path in that folder, so
/// a half-written file never has the final name. The command also finds the folder in <c>DISPATCHER_SCRATCH</c> and the step's key in
/// <c>DISPATCHER_IDEMPOTENCY_KEY</c>. Output: <c>{exit_code, stdout, stdout_truncated, stderr_tail, elapsed_ms, json?}</c>.
/// </summary>
public sealed class ProcessRunHandler(ProcessRunner runner) : IStepHandler
{
    private const int StdoutLimitBytes = 64 * 1024;
    private const int JsonLimitBytes = 128 * 1024;
    private const int StderrLimitBytes = 16 * 1024;
    private const int MessageTailBytes = 2000;
    private const int OutputFiles = 100;

    private static readonly Lazy<JsonSchema> Schema = new(() => JsonSchema.Parse(
        """
        {
          "type": "object",
          "additionalProperties": false,
          "required": ["command"],
          "properties": {
            "command": { "type": "string", "minLength": 1, "description": "a name that the node allows; never a shell line" },
            "args": { "type": "array" },
            "env": { "type": "object" },
            "stdin": { "type": "string" },
            "working_directory": { "type": "string", "description": "a folder of the job; default: an empty folder of this attempt" },
            "success_exit_codes": { "type": "array", "items": { "type": "integer", "minimum": 0, "maximum": 255 } },
            "outputs": {
              "type": "array",
              "maxItems": 100,
              "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["path"],
                "properties": { "name": { "type": "string" }, "path": { "type": "string" } }
              }
            }
          }
        }
        """));

    public string Name => "process.run";

    public JsonSchema? With => Schema.Value;

    public async ValueTask<StepResult> Run(StepContext context)
    {
        try
        {
            using var scratch = context.Artifacts.CreateTemporaryFolder();
            return await Run(context, new StepInput(context.With), scratch.Path).ConfigureAwait(false);
        }
        catch (ArtifactPathException exception)
        {
            throw new StepFailedException(Failure.Of(ErrorClass.InvalidInput, exception.Message, StepInput.FaultCode), exception);
        }
    }

    private async ValueTask<StepResult> Run(StepContext context, StepInput input, string scratch)
    {
        var outputs = OutputsOf(context, input);
        var successes = input.Integers("success_exit_codes", 0, 255);
        var request = RequestOf(context, input, outputs, scratch);
        var outcome = await runner.Run(request, context.Cancellation).ConfigureAwait(false);

        var succeeded = successes.Count == 0 ? outcome.ExitCode == 0 : successes.Contains(outcome.ExitCode);
        if (!succeeded) throw FailureOf(request.Command, outcome);
        var artifacts = await Commit(context, outputs, request.Command, scratch).ConfigureAwait(false);
        return new StepResult.Completed(ResultOf(outcome), artifacts);
    }

    /// <summary>The files listed in <c>outputs</c> and those that the workflow declares as the step's artifacts.</summary>
    private static ImmutableArray<OutputFile> OutputsOf(StepContext context, StepInput input)
    {
        var outputs = ImmutableArray.CreateBuilder<OutputFile>();
        foreach (var item in input.Items("outputs"))
        {
            var field = $"outputs[{outputs.Count}]";
            if (outputs.Count == OutputFiles) throw StepInput.Fault("outputs", $"at most {OutputFiles} files");
            if (item.ValueKind != JsonValueKind.Object) throw StepInput.Fault(field, "expected an object with name and path");
            var fields = new StepInput(item);
            var path = fields.OptionalString("path") ?? throw StepInput.Fault($"{field}.path", "is required");
            if (outputs.Any(output => output.Path == path)) throw StepInput.Fault($"{field}.path", $"'{path}' is listed twice");
            outputs.Add(new OutputFile(fields.OptionalString("name") ?? path, ArtifactPath.Checked(path)));
        }

        foreach (var declared in context.Declared)
        {
            if (!outputs.Any(output => output.Path == declared.Path)) outputs.Add(new OutputFile(declared.Name, ArtifactPath.Checked(declared.Path)));
        }

        return outputs.ToImmutable();
    }

    private static ProcessRequest RequestOf(StepContext context, StepInput input, ImmutableArray<OutputFile> outputs, string scratch)
    {
        var finalToScratch = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var output in outputs)
        {
            var path = Path.Combine(scratch, output.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            finalToScratch[context.Artifacts.PathOf(output.Path)] = path;
        }

        return new ProcessRequest(
            input.RequiredString("command"), [.. input.Strings("args").Select(argument => finalToScratch.GetValueOrDefault(argument, argument))])
        {
            WorkingDirectory = input.OptionalString("working_directory") is { } folder ? ExistingFolder(context, folder) : scratch,
            Environment = EnvironmentOf(context, input, scratch),
            Input = input.OptionalString("stdin"),
        };
    }

    private static string ExistingFolder(StepContext context, string folder)
    {
        var path = context.Artifacts.PathOf(folder);
        return Directory.Exists(path) ? path : throw StepInput.Fault("working_directory", $"the job has no folder '{folder}'");
    }

    /// <summary>Refuses variables that make the loader run code of the workflow's choice inside an allowed command.</summary>
    private static Dictionary<string, string> EnvironmentOf(StepContext context, StepInput input, string scratch)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in input.StringMap("env"))
        {
            var isName = name.Length > 0 && name.All(character => char.IsAsciiLetterOrDigit(character) || character == '_') && !char.IsAsciiDigit(name[0]);
            if (!isName) throw StepInput.Fault($"env.{name}", "a variable's name has letters, digits and underscores only");
            if (name.StartsWith("LD_", StringComparison.Ordinal) || name is "PATH" or "BASH_ENV" or "ENV" or "GCONV_PATH")
            {
                throw StepInput.Fault($"env.{name}", "this variable could make an allowed command run something else");
            }

            environment[name] = value;
        }

        environment["DISPATCHER_SCRATCH"] = scratch;
        environment["DISPATCHER_IDEMPOTENCY_KEY"] = context.IdempotencyKey;
        return environment;
    }

    private static StepFailedException FailureOf(string command, ProcessOutcome outcome)
    {
        var ending = SignalName.Of(outcome.ExitCode) is { } signal ? $"was killed by {signal}" : $"ended with exit code {outcome.ExitCode}";
        var tail = StepOutput.Fit(outcome.Error.Trim(), MessageTailBytes, keepEnd: true);
        return new StepFailedException(ErrorClass.Transient, $"'{command}' {ending}{(tail.Length == 0 ? "" : $": {tail}")}", "COMMAND_FAILED");
    }

    /// <summary>Looks at all outputs before it commits the first, so that a forgotten file leaves nothing behind.</summary>
    private static async ValueTask<ImmutableArray<ArtifactReference>> Commit(
        StepContext context, ImmutableArray<OutputFile> outputs, string command, string scratch)
    {
        foreach (var output in outputs)
        {
            LinkGuard.RefuseLinks(scratch, output.Path);
            if (File.Exists(Path.Combine(scratch, output.Path))) continue;
            throw new StepFailedException(
                ErrorClass.Permanent, $"'{command}' ended well but did not write its output '{output.Path}'", "OUTPUT_NOT_WRITTEN");
        }

        var references = ImmutableArray.CreateBuilder<ArtifactReference>(outputs.Length);
        foreach (var output in outputs)
        {
            using var file = context.Artifacts.CreateTemporary(output.Path);
            File.Move(Path.Combine(scratch, output.Path), file.Path);
            references.Add(await context.Artifacts.Commit(file, output.Name, context.Cancellation).ConfigureAwait(false));
        }

        return references.MoveToImmutable();
    }

    private static JsonElement ResultOf(ProcessOutcome outcome)
    {
        var stdout = StepOutput.Fit(outcome.Output, StdoutLimitBytes, keepEnd: false);
        var truncated = stdout.Length < outcome.Output.Length;
        var result = new JsonObject
        {
            ["exit_code"] = outcome.ExitCode,
            ["stdout"] = stdout,
            ["stdout_truncated"] = truncated || outcome.OutputTruncated,
            ["stderr_tail"] = StepOutput.Fit(outcome.Error, StderrLimitBytes, keepEnd: true),
            ["elapsed_ms"] = (long)outcome.Elapsed.TotalMilliseconds,
        };
        if (TryParseJson(outcome.Output) is { } json) result["json"] = JsonNode.Parse(json.GetRawText());
        return StepOutput.Of(result);
    }

    private static JsonElement? TryParseJson(string text)
    {
        if (text.Length is 0 or > JsonLimitBytes) return null;
        try
        {
            using var document = JsonDocument.Parse(text);
            var json = document.RootElement.Clone();
            return StepOutput.SizeOf(json) <= JsonLimitBytes ? json : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record OutputFile(string Name, string Path);
}
