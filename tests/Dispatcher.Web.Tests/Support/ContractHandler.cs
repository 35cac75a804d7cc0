using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Dispatcher.Web.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Support;

/// <summary>
/// Holds every answer that a test sees against the OpenAPI document of its service: path, method, status, content type, headers and body. What is not
/// documented, or documented otherwise, fails the test.
/// </summary>
internal sealed class ContractHandler(TestService service) : DelegatingHandler(new SocketsHttpHandler())
{
    /// <summary>Services with the same endpoints have the same document, and making it takes longer than most tests.</summary>
    private static readonly ConcurrentDictionary<string, Task<ApiContract>> Contracts = new(StringComparer.Ordinal);

    /// <summary>Endpoints that tests map for themselves.</summary>
    private const string Probe = "/probe/";

    /// <summary>What SignalR speaks is its own protocol.</summary>
    private const string Hubs = "/hubs/";

    /// <summary>Not when the first answer comes: a server that is stopping by then could not give it.</summary>
    private readonly Task<ApiContract> _contract = Load(service);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        var path = request.RequestUri!.AbsolutePath;
        var isJson = response.Content.Headers.ContentType?.MediaType is { } type && type.EndsWith("json", StringComparison.Ordinal);
        if (path.Contains(Probe, StringComparison.Ordinal) || path.StartsWith("/openapi", StringComparison.Ordinal) || path.StartsWith(Hubs, StringComparison.Ordinal)) return response;
        JsonElement? body = null;
        if (isJson && request.Method != HttpMethod.Head)
        {
            await response.Content.LoadIntoBufferAsync(cancellationToken);
            body = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        }

        var contract = await _contract.WaitAsync(cancellationToken);
        var faults = contract.Faults(request.Method.Method, path, response, body);
        Assert.True(faults.Count == 0, $"{request.Method} {path} -> {(int)response.StatusCode} is not as /openapi/v1.json says:\n  {string.Join("\n  ", faults)}\n{body}");
        return response;
    }

    private static Task<ApiContract> Load(TestService service)
    {
        var endpoints = service.Services.GetRequiredService<EndpointDataSource>().Endpoints;
        return Contracts.GetOrAdd(string.Join('\n', endpoints.Select(endpoint => endpoint.DisplayName).Order(StringComparer.Ordinal)), _ => Make());

        async Task<ApiContract> Make() => new(JsonElement.Parse((await service.Services.GetRequiredService<ApiDocument>().Publish()).Json));
    }
}

/// <summary>An OpenAPI document that answers are compared with.</summary>
internal sealed class ApiContract(JsonElement document)
{
    private readonly JsonShape _shape = new(document);

    private readonly (string[] Template, JsonElement Item)[] _paths =
        [.. document.GetProperty("paths").EnumerateObject().Select(path => (path.Name.Split('/'), path.Value)).OrderBy(path => path.Item1.Count(part => part.StartsWith('{')))];

    public IReadOnlyList<string> Faults(string method, string path, HttpResponseMessage response, JsonElement? body)
    {
        // Routing itself answers for a path that nobody has; so does the access check for whoever may not know that.
        if (Find(path) is not { } item) return (int)response.StatusCode >= 400 ? Problem(body) : ["the path is not documented"];
        if (!item.TryGetProperty(method == "HEAD" ? "get" : method.ToLowerInvariant(), out var operation))
            return response.StatusCode is HttpStatusCode.MethodNotAllowed or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden ? Problem(body) : ["the method is not documented"];
        var status = ((int)response.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        return operation.GetProperty("responses").TryGetProperty(status, out var answer) ? Faults(answer, response, body) : [$"the status {status} is not documented"];
    }

    private IReadOnlyList<string> Faults(JsonElement answer, HttpResponseMessage response, JsonElement? body)
    {
        var type = response.Content.Headers.ContentType?.MediaType;
        if (type is null) return [];
        if (!answer.TryGetProperty("content", out var content)) return [$"a body of {type} is not documented"];
        if (content.TryGetProperty("*/*", out _)) return [];
        if (!content.TryGetProperty(type, out var media)) return [$"the content type {type} is not documented"];
        return body is { } value && media.TryGetProperty("schema", out var schema) ? _shape.Faults(schema, value) : [];
    }

    private IReadOnlyList<string> Problem(JsonElement? body) =>
        body is { } problem ? _shape.Faults(document.GetProperty("components").GetProperty("schemas").GetProperty("Problem"), problem) : [];

    private JsonElement? Find(string path)
    {
        var parts = path.Split('/');
        foreach (var (template, item) in _paths)
        {
            if (Matches(template, parts)) return item;
        }

        return null;
    }

    private static bool Matches(string[] template, string[] parts)
    {
        // The last parameter of a path of artifacts takes the rest.
        var takesRest = template[^1] == "{path}";
        if (takesRest ? parts.Length < template.Length : parts.Length != template.Length) return false;
        return template.Zip(parts).All(pair => pair.First.StartsWith('{') || string.Equals(pair.First, pair.Second, StringComparison.Ordinal));
    }
}
