using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps.Artifacts;

namespace Dispatcher.Steps.Providers;

/// <summary>
/// A service outside that makes something in its own time and is paid for each start. Faults are <see cref="StepFailedException"/>s: what may pass by itself
/// (429, 5xx, no connection) is <see cref="ErrorClass.Transient"/>, with <see cref="Failure.RetryAfterMs"/> where the provider says how long to wait.
/// </summary>
public interface IPredictionProvider
{
    /// <summary>Orders something. Not cancelled with the attempt: what was ordered must be known, or it is paid for and lost.</summary>
    /// <param name="tenant">Whose files <see cref="ProviderOrder.Files"/> are.</param>
    /// <param name="idempotencyKey">The same for the same order: a provider that honours it gives the prediction that it began before, and bills it once.</param>
    ValueTask<Prediction> Start(ProviderOrder order, string tenant, string idempotencyKey);

    /// <summary>How far a prediction is.</summary>
    ValueTask<Prediction> Look(string id, CancellationToken cancellation);

    /// <summary>Calls a prediction off; nothing happens if it has ended.</summary>
    ValueTask Cancel(string id, CancellationToken cancellation);

    /// <summary>Brings the output of a prediction that succeeded into a job's folder.</summary>
    ValueTask<ArtifactReference> Fetch(Prediction prediction, ProviderOrder order, ArtifactFolder folder, CancellationToken cancellation);
}

/// <summary>What a step orders.</summary>
/// <param name="Model">Which of the provider's models, if it has several.</param>
/// <param name="Input">What the model receives: an object.</param>
/// <param name="Files">Fields of the input that are files of the tenant, by their paths.</param>
/// <param name="Output">Where the result goes in the job's folder.</param>
public sealed record ProviderOrder(string? Model, JsonElement Input, IReadOnlyDictionary<string, string> Files, string Output)
{
    private const int FingerprintBytes = 8;

    /// <summary>Equal for orders of the same thing: hexadecimal digits of a hash of the model, the input, and the files by their paths.</summary>
    public string Fingerprint
    {
        get
        {
            var files = Files.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => $"{file.Key}={file.Value}");
            var text = string.Join('\n', [Model ?? "", Input.GetRawText(), .. files]);
            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, FingerprintBytes));
        }
    }
}

/// <summary>Where a prediction is.</summary>
public enum PredictionStatus
{
    Starting,
    Processing,
    Succeeded,
    Failed,
    Canceled,
}

/// <summary>An order as its provider tells of it.</summary>
/// <param name="Id">The provider's own id.</param>
public sealed record Prediction(string Id, PredictionStatus Status)
{
    /// <summary>Of one that succeeded: the URL, or the first of a list, or <c>{"video": URL}</c>.</summary>
    public JsonElement? Output { get; init; }

    /// <summary>Of one that failed, in the provider's words.</summary>
    public string? Error { get; init; }

    /// <summary>True when the provider says that a new order may work.</summary>
    public bool MayWorkAgain { get; init; }

    /// <summary>What it cost, if the provider says.</summary>
    public decimal? Cost { get; init; }

    /// <summary>Of the answer to a start: true when it was there already, under the same key. The HTTP provider says so by status 200 in place of 201.</summary>
    public bool IsReplay { get; init; }

    public bool HasEnded => Status is PredictionStatus.Succeeded or PredictionStatus.Failed or PredictionStatus.Canceled;
}
