using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Functions;

/// <summary>Between a step's JSON and .NET values: names in snake_case, as everywhere in Dispatcher; reading takes other cases too.</summary>
public static class StepJson
{
    public const string InvalidInputCode = "INVALID_INPUT";

    public static JsonSerializerOptions Options { get; } = Make();

    /// <summary>The step's evaluated <c>with</c> as a value; an empty object if it has none.</summary>
    /// <exception cref="StepFailedException">It does not fit: <see cref="ErrorClass.InvalidInput"/>, which is never tried again.</exception>
    public static TInput Read<TInput>(StepContext context)
    {
        try
        {
            var input = context.With is { } with ? with.Deserialize<TInput>(Options) : JsonSerializer.Deserialize<TInput>("{}"u8, Options);
            return input ?? throw new StepFailedException(ErrorClass.InvalidInput, $"Step {context.Step}: its `with` is null.", InvalidInputCode);
        }
        catch (JsonException fault)
        {
            throw new StepFailedException(
                Failure.Of(ErrorClass.InvalidInput, $"Step {context.Step}: its `with` is no {typeof(TInput).Name}: {fault.Message}", InvalidInputCode), fault);
        }
    }

    /// <summary>A value as the step's output; a <see cref="StepResult"/> is taken as it is.</summary>
    public static StepResult Write<TOutput>(TOutput output) =>
        output as StepResult ?? new StepResult.Completed(output is null ? null : JsonSerializer.SerializeToElement(output, Options), []);

    /// <summary>Any object as a job's input; null if there is none.</summary>
    public static JsonElement? WriteInput(object? input) => input switch
    {
        null => null,
        JsonElement element => element,
        _ => JsonSerializer.SerializeToElement(input, input.GetType(), Options),
    };

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
        };
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower));
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
