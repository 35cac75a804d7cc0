using System.Text.Json;
using System.Text.Json.Serialization;
using Dispatcher.JobActors.Explaining;

namespace Dispatcher.JobActors.Remote;

/// <summary>The question why a job waits, as it goes to the node that owns the job, and what that node says.</summary>
internal static class ExplainCodec
{
    /// <summary>The kind of such a question.</summary>
    public const string Kind = "explain";

    public static byte[] Encode(ExplainQuestion question) => JsonSerializer.SerializeToUtf8Bytes(question, ExplainJson.Default.ExplainQuestion);

    /// <exception cref="JsonException">A newer version has written it.</exception>
    public static ExplainQuestion Decode(ReadOnlySpan<byte> payload) => JsonSerializer.Deserialize(payload, ExplainJson.Default.ExplainQuestion) ?? throw new JsonException("A question is null.");

    /// <param name="explanation">Null when the owner knows no more than the store does.</param>
    public static byte[] EncodeAnswer(JobExplanation? explanation) => JsonSerializer.SerializeToUtf8Bytes(explanation, ExplainJson.Default.JobExplanation);

    /// <exception cref="JsonException">A newer version has written it.</exception>
    public static JobExplanation? DecodeAnswer(ReadOnlySpan<byte> answer) => JsonSerializer.Deserialize(answer, ExplainJson.Default.JobExplanation);
}

/// <param name="Tenant">Whose job it must be.</param>
internal sealed record ExplainQuestion(string Tenant);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ExplainQuestion))]
[JsonSerializable(typeof(JobExplanation))]
internal sealed partial class ExplainJson : JsonSerializerContext;
