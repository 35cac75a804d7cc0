using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Workflows;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>
/// What all media handlers share: each fault leaves as a <see cref="StepFailedException"/> with a code, and in a job that has a manifest it is
/// recorded there before it is thrown on. All files are overwritten whole, so an attempt may be repeated.
/// </summary>
/// <param name="name">The handler's stable name.</param>
/// <param name="schema">The JSON Schema of its <c>with</c>.</param>
internal abstract partial class MediaHandler(string name, string schema) : IStepHandler
{
    private static readonly JsonSerializerOptions OutputFormat = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly Lazy<JsonSchema> _with = new(() => JsonSchema.Parse(schema));

    public string Name => name;

    public JsonSchema? With => _with.Value;

    public async ValueTask<StepResult> Run(StepContext context)
    {
        var manifest = new ManifestFile(context.Artifacts);
        try
        {
            if (manifest.Exists) await manifest.MarkProcessing(context);
            return await Work(context);
        }
        catch (OperationCanceledException) when (context.Cancellation.IsCancellationRequested)
        {
            // Cancelled, timed out or shutting down: the engine knows which, and the job may well go on.
            throw;
        }
        catch (Exception fault)
        {
            var failed = Described(fault, context);
            await Record(manifest, context, failed.Failure);
            throw failed;
        }
    }

    /// <summary>Does the work as a part of another handler's attempt, which describes and records what it throws.</summary>
    internal ValueTask<StepResult> RunWithin(InnerStep part) => Work(part);

    /// <summary>Does the step's work; may throw anything.</summary>
    protected abstract ValueTask<StepResult> Work(StepContext context);

    /// <summary>The result of a step, with an anonymous object as output.</summary>
    protected static StepResult Done(object output, params ImmutableArray<ArtifactReference> artifacts) =>
        new StepResult.Completed(JsonSerializer.SerializeToElement(output, OutputFormat), artifacts);

    /// <summary>The absolute path of an input: as given if it is absolute, else below the job's folder.</summary>
    protected static string PathOf(StepContext context, string path) => path.StartsWith('/') ? path : context.Artifacts.PathOf(path);

    /// <summary>Reads one of the job's files.</summary>
    /// <exception cref="StepFailedException"><c>INPUT_NOT_FOUND</c>, naming the step that makes it.</exception>
    protected static async ValueTask<string> ReadText(StepContext context, string relativePath, string madeBy)
    {
        if (!context.Artifacts.Exists(relativePath))
        {
            throw MediaFailure.Permanent(
                MediaFailure.InputNotFound,
                $"{context.Artifacts.Key}/{relativePath} does not exist. The step {madeBy} makes it; run that step first.");
        }

        return await File.ReadAllTextAsync(context.Artifacts.PathOf(relativePath), context.Cancellation);
    }

    /// <summary>Writes text as one of the job's files, in UTF-8.</summary>
    protected static ValueTask<ArtifactReference> WriteText(StepContext context, string relativePath, string artifactName, string text) =>
        context.Artifacts.Write(relativePath, artifactName, System.Text.Encoding.UTF8.GetBytes(text), context.Cancellation);

    private StepFailedException Described(Exception fault, StepContext context) => fault switch
    {
        StepFailedException known => known,
        ArtifactPathException => Failed(
            ErrorClass.InvalidInput, MediaFailure.PathNotAllowed, $"{name}: {fault.Message} Use a path below the job's folder.", fault),
        IOException full when DiskFull.Is(full) => DiskFull.Failure(context.Artifacts.Key, full),
        IOException or UnauthorizedAccessException => Failed(
            ErrorClass.Transient, MediaFailure.IoFailed, $"{name} could not read or write in {context.Artifacts.Key}: {fault.Message}", fault),
        _ => Failed(ErrorClass.Transient, code: null, $"{name} failed: {fault.Message}", fault),
    };

    private static StepFailedException Failed(ErrorClass @class, string? code, string message, Exception fault) =>
        new(Failure.Of(@class, message, code), fault);

    /// <summary>A manifest that cannot be written (a full disk, an invalid one) must not hide the fault that is to be recorded.</summary>
    private async ValueTask Record(ManifestFile manifest, StepContext context, Failure failure)
    {
        try
        {
            if (manifest.Exists) await manifest.MarkFailed(context, failure);
        }
        catch (Exception fault)
        {
            LogNotRecorded(context.Logger, name, context.JobId, fault);
        }
    }

    [LoggerMessage(EventId = 3100, Level = LogLevel.Warning, Message = "{Handler} could not record its failure in the manifest of job {JobId}")]
    private static partial void LogNotRecorded(ILogger logger, string handler, JobId jobId, Exception fault);
}
