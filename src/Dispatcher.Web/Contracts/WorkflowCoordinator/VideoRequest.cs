using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>What somebody wants a video made of.</summary>
internal sealed record VideoRequest
{
    public const string ImagePairs = "image_pairs";
    public const string PropertyPhotos = "property_photos";
    public const string UntitledName = "Untitled Video";
    public const double DefaultClipSeconds = 5.0;
    public const int DefaultPairs = 10;

    /// <summary>Scenes of one job.</summary>
    public const int SceneLimit = 100;

    private const int NameCharacters = 255;
    private const int ClientCharacters = 100;
    private const int ParameterBytes = 64 * 1024;

    public static readonly IReadOnlyList<string> DefaultPropertyTypes = ["exterior", "interior", "kitchen", "bedroom", "bathroom", "living_room"];

    public required string Type { get; init; }

    public required Guid Campaign { get; init; }

    public string? Client { get; init; }

    public string VideoName { get; init; } = UntitledName;

    public double ClipSeconds { get; init; } = DefaultClipSeconds;

    public int Pairs { get; init; } = DefaultPairs;

    public IReadOnlyList<string> PropertyTypes { get; init; } = DefaultPropertyTypes;

    public JsonObject Parameters { get; init; } = [];

    public string Model => Parameter("model") ?? VideoModels.Default;

    public string AspectRatio => Parameter("aspect_ratio") ?? "16:9";

    public string? Prompt => Parameter("prompt");

    /// <summary>Reads a body; a missing campaign is another kind of fault than a wrong value.</summary>
    public static (VideoRequest? Request, ContractJson? Refusal) Read(string type, JsonObject body)
    {
        var fields = new VideoFields(body);
        if (fields.Value("campaign_id") is not { } campaign || (campaign.GetValueKind() == JsonValueKind.String && campaign.GetValue<string>().Length == 0))
            return (null, VideoAnswer.Error(400, "Missing required parameter: campaign_id"));
        if (campaign.GetValueKind() != JsonValueKind.String || !Guid.TryParseExact(campaign.GetValue<string>(), "D", out var id))
        {
            fields.Add("campaign_id", "must be a UUID");
            id = Guid.Empty;
        }

        var request = new VideoRequest
        {
            Type = type,
            Campaign = id,
            Client = ClientOf(fields),
            VideoName = fields.Text("video_name", NameCharacters) ?? UntitledName,
            ClipSeconds = fields.Number("clip_duration", 0.5, 60) ?? DefaultClipSeconds,
            Pairs = fields.Integer("num_pairs", 1, SceneLimit) ?? DefaultPairs,
            PropertyTypes = fields.Texts("property_types", 50, 50) ?? DefaultPropertyTypes,
            Parameters = ParametersOf(fields),
        };
        return fields.Faults.Count > 0 ? (null, VideoAnswer.Invalid(fields.Faults)) : (request, null);
    }

    /// <summary>What the request said, as answers repeat it and the job keeps it.</summary>
    public void EchoInto(JsonObject answer)
    {
        answer["campaign_id"] = Campaign.ToString("D");
        if (Client is not null) answer["client_id"] = Client;
        answer["clip_duration"] = ClipSeconds;
        if (Type == ImagePairs) answer["num_pairs"] = Pairs;
        else answer["property_types"] = new JsonArray([.. PropertyTypes.Select(name => (JsonNode)name)]);
    }

    /// <summary>The parameters of the job: those that were given, and what stood beside them.</summary>
    public JsonObject AllParameters()
    {
        var all = Parameters.DeepClone().AsObject();
        EchoInto(all);
        return all;
    }

    /// <summary>True when the document was made of the same request, whatever images there were then, and whatever became of its scenes.</summary>
    public bool Asks(VideoDocument document) =>
        Type == document.Type && Campaign == document.Campaign && Client == document.Client && VideoName == document.VideoName
        && JsonElement.DeepEquals(JsonElement.Parse(AllParameters().ToJsonString()), JsonElement.Parse(document.Parameters.ToJsonString()));

    private string? Parameter(string name) => Parameters[name] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length is > 0 and <= 2000 ? text : null;

    private static JsonObject ParametersOf(VideoFields fields)
    {
        if (fields.Value("parameters") is not { } given) return [];
        if (given is not JsonObject parameters) fields.Add("parameters", "must be an object");
        else if (parameters.ToJsonString().Length > ParameterBytes) fields.Add("parameters", $"has more than {ParameterBytes} characters of JSON");
        else return parameters.DeepClone().AsObject();
        return [];
    }

    /// <summary>Callers give a text or a number; both are the same client.</summary>
    private static string? ClientOf(VideoFields fields)
    {
        if (fields.Value("client_id") is not { } value) return null;
        var text = value.GetValueKind() switch
        {
            JsonValueKind.String => value.GetValue<string>(),
            JsonValueKind.Number => value.ToJsonString(),
            _ => "",
        };
        if (text.Length is > 0 and <= ClientCharacters && !text.Any(char.IsControl)) return text;
        fields.Add("client_id", $"must be a text of 1 to {ClientCharacters} characters, or a number");
        return null;
    }
}
