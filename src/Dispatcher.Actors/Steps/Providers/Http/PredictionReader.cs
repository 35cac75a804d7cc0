using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Providers.Http;

/// <summary>
/// A prediction's JSON: <c>{id, status, output, error, retryable, metrics: {cost}}</c>. Statuses: <c>starting processing succeeded failed canceled</c>, and <c>aborted</c>,
/// which is the same as canceled. Output: a URL, a list of which the first counts, or <c>{video: URL}</c>.
/// </summary>
public static class PredictionReader
{
    private const int IdCharacters = 200;
    private const int ErrorCharacters = 1000;

    /// <exception cref="StepFailedException">It is none; transient, since a proxy in between may have answered.</exception>
    public static Prediction Read(JsonElement? json)
    {
        if (json is not { ValueKind: JsonValueKind.Object } prediction) throw Bad("it is no JSON object");
        if (Text(prediction, "id") is not { Length: > 0 and <= IdCharacters } id) throw Bad("it has no id");
        var status = Text(prediction, "status") is { } word ? StatusOf(word) : throw Bad("it has no status");
        return new Prediction(id, status)
        {
            Output = prediction.TryGetProperty("output", out var output) && output.ValueKind != JsonValueKind.Null ? output.Clone() : null,
            Error = Text(prediction, "error") is { } error ? error.Length <= ErrorCharacters ? error : error[..ErrorCharacters] : null,
            MayWorkAgain = prediction.TryGetProperty("retryable", out var retryable) && retryable.ValueKind == JsonValueKind.True,
            Cost = CostOf(prediction),
        };
    }

    /// <summary>Where the output is; null if there is none that this can read.</summary>
    public static Uri? OutputUrl(JsonElement? output)
    {
        var text = output switch
        {
            { ValueKind: JsonValueKind.String } url => url.GetString(),
            { ValueKind: JsonValueKind.Array } list when list.GetArrayLength() > 0 && list[0].ValueKind == JsonValueKind.String => list[0].GetString(),
            { ValueKind: JsonValueKind.Object } named => Text(named, "video"),
            _ => null,
        };
        return Uri.TryCreate(text, UriKind.Absolute, out var found) && found.Scheme is "http" or "https" && found.UserInfo.Length == 0 ? found : null;
    }

    /// <summary>A word that is not known is something that goes on: the order's time bounds it.</summary>
    private static PredictionStatus StatusOf(string word) => word switch
    {
        "starting" => PredictionStatus.Starting,
        "succeeded" => PredictionStatus.Succeeded,
        "failed" => PredictionStatus.Failed,
        "canceled" or "cancelled" or "aborted" => PredictionStatus.Canceled,
        _ => PredictionStatus.Processing,
    };

    private static decimal? CostOf(JsonElement prediction) =>
        prediction.TryGetProperty("metrics", out var metrics) && metrics.ValueKind == JsonValueKind.Object
        && metrics.TryGetProperty("cost", out var cost) && cost.ValueKind == JsonValueKind.Number && cost.TryGetDecimal(out var amount) && amount >= 0 ? amount : null;

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static StepFailedException Bad(string fault) => new(ErrorClass.Transient, $"The provider's answer is no prediction: {fault}.", ProviderFailure.BadReply);
}
