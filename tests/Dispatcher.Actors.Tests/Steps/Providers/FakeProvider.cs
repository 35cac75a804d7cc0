using System.Text;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Steps.Providers;

namespace Dispatcher.Actors.Tests.Steps.Providers;

/// <summary>A provider in memory: orders by their keys, looks that the test writes, and a list of all that it was asked.</summary>
internal sealed class FakeProvider(TimeProvider time) : IPredictionProvider
{
    private readonly Dictionary<string, string> _idByKey = new(StringComparer.Ordinal);

    /// <summary>What a start of the n-th new order answers; a prediction that goes on if absent.</summary>
    public Func<string, Prediction>? Starting { get; set; }

    /// <summary>What looks answer, in their order; the last one for ever. May throw.</summary>
    public List<Func<string, Prediction>> Looks { get; } = [];

    /// <summary>Whatever was asked, with the seconds since the start of the clock.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>What happens to a fetch; may throw.</summary>
    public Action<string>? Fetching { get; set; }

    /// <summary>Every look again.</summary>
    public Action? Looked { get; set; }

    public int Paid => _idByKey.Count;

    public static Prediction Going(string id) => new(id, PredictionStatus.Processing);

    public static Prediction Done(string id) => new(id, PredictionStatus.Succeeded) { Output = JsonElement.Parse("\"https://cdn.test/x.mp4\"") };

    public static Prediction Broken(string id) => new(id, PredictionStatus.Failed) { Error = "no luck" };

    public ValueTask<Prediction> Start(ProviderOrder order, string tenant, string idempotencyKey)
    {
        Note($"start {idempotencyKey}");
        var isReplay = _idByKey.TryGetValue(idempotencyKey, out var known);
        var id = known ?? $"p{_idByKey.Count + 1}";
        var prediction = Starting?.Invoke(id) ?? Going(id);
        _idByKey[idempotencyKey] = id;
        return ValueTask.FromResult(prediction with { IsReplay = isReplay });
    }

    public ValueTask<Prediction> Look(string id, CancellationToken cancellation)
    {
        Note($"look {id}");
        var answer = Looks[Math.Min(Asked.Count(what => what.Contains("look", StringComparison.Ordinal)), Looks.Count) - 1];
        Looked?.Invoke();
        return ValueTask.FromResult(answer(id));
    }

    public ValueTask Cancel(string id, CancellationToken cancellation)
    {
        Note($"cancel {id}");
        return ValueTask.CompletedTask;
    }

    public ValueTask<ArtifactReference> Fetch(Prediction prediction, ProviderOrder order, ArtifactFolder folder, CancellationToken cancellation)
    {
        Note($"fetch {prediction.Id}");
        Fetching?.Invoke(prediction.Id);
        return ValueTask.FromResult(new ArtifactReference("clip", order.Output, Encoding.UTF8.GetByteCount(prediction.Id), "00"));
    }

    public static StepFailedException Passing(int? retryAfterSeconds = null) =>
        new(new Failure(ErrorClass.Transient, "busy", "PROVIDER_HTTP_503") { RetryAfterMs = retryAfterSeconds * 1000L });

    private void Note(string what) => Asked.Add($"{(long)(time.GetUtcNow() - Kernel.ManualTimeProvider.Epoch).TotalSeconds} {what}");
}
