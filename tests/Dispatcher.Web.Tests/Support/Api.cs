using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Dispatcher.Web.Tests.Support;

/// <summary>Speaks to a service in JSON, as a caller would.</summary>
internal sealed class Api(HttpClient client) : IDisposable
{
    public const string Root = "/api/v1";

    public HttpClient Client => client;

    public Task<Answer> Get(string path, params (string Name, string Value)[] headers) => Send(HttpMethod.Get, path, null, headers);

    public Task<Answer> Post(string path, string? json = null, params (string Name, string Value)[] headers) => Send(HttpMethod.Post, path, Json(json), headers);

    public Task<Answer> Put(string path, string text, string contentType = "application/json") =>
        Send(HttpMethod.Put, path, new StringContent(text, Encoding.UTF8, MediaTypeHeaderValue.Parse(contentType)));

    public async Task<Answer> Send(HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path.StartsWith("/api", StringComparison.Ordinal) || path.StartsWith("/openapi", StringComparison.Ordinal) || path.StartsWith("http:", StringComparison.Ordinal) ? path : Root + path) { Content = content };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await client.SendAsync(request);
        var body = await response.Content.ReadAsByteArrayAsync();
        return new Answer(response.StatusCode, response.Headers, response.Content.Headers, body);
    }

    /// <summary>Registers a workflow of one version.</summary>
    public async Task Register(string yaml)
    {
        var name = yaml.Split('\n').First(line => line.StartsWith("name:", StringComparison.Ordinal))["name:".Length..].Trim();
        var answer = await Put($"/workflows/{name}/versions/1", yaml, "application/yaml");
        Assert.True(answer.Status is HttpStatusCode.Created or HttpStatusCode.OK, answer.ToString());
    }

    /// <summary>Makes a job; its id.</summary>
    public async Task<string> Create(string json)
    {
        var answer = await Post("/jobs", json);
        Assert.True(answer.Status == HttpStatusCode.Created, answer.ToString());
        return answer.Text("id");
    }

    public void Dispose() => client.Dispose();

    private static StringContent? Json(string? json) => json is null ? null : new StringContent(json, Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json"));
}

/// <summary>What a service answered.</summary>
internal sealed record Answer(HttpStatusCode Status, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders, byte[] Body)
{
    private JsonElement? _json;

    public JsonElement Json => _json ??= JsonElement.Parse(Body);

    public string Content => Encoding.UTF8.GetString(Body);

    /// <summary>A field by its path: <c>workflow.name</c>, <c>steps.0.id</c>.</summary>
    public JsonElement At(string path)
    {
        var value = Json;
        foreach (var part in path.Split('.'))
            value = int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && value.ValueKind == JsonValueKind.Array ? value[index] : value.GetProperty(part);
        return value;
    }

    public string Text(string path) => At(path).GetString()!;

    public long Number(string path) => At(path).GetInt64();

    public bool Has(string name) => Json.TryGetProperty(name, out _);

    public override string ToString() => $"{(int)Status} {Content}";
}
