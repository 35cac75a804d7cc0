using System.Net;
using System.Text.Json;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Tests.Support;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.OpenApi;

/// <summary>/openapi/v1.json: complete, and good in the eyes of a public linter. That it is true is held by <see cref="ContractHandler"/> in every test.</summary>
public sealed class ApiDocumentTests : ServiceTest
{
    private static readonly string[] Methods = ["get", "put", "post", "delete", "patch"];

    private int _made;

    protected override void ConfigureServices(IServiceCollection services) => services.Configure<OpenApiOptions>(ApiDocument.Name, options => options.AddDocumentTransformer((_, _, _) =>
    {
        Interlocked.Increment(ref _made);
        return Task.CompletedTask;
    }));

    /// <summary>Making it takes a tenth of a second of a processor, and anybody may ask for it.</summary>
    [Fact]
    public async Task Document_IsMadeOnce_AndNotSentToThoseWhoHaveIt()
    {
        using var http = new HttpClient { BaseAddress = Service.Address };
        var responses = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => http.GetAsync("/openapi/v1.json")));

        var tag = Assert.Single(responses.Select(response => response.Headers.ETag).Distinct())!;
        Assert.Equal(1, _made);

        using var again = new HttpRequestMessage(HttpMethod.Get, "/openapi/v1.json") { Headers = { IfNoneMatch = { tag } } };
        using var unchanged = await http.SendAsync(again);
        Assert.Equal((HttpStatusCode.NotModified, 0), (unchanged.StatusCode, (await unchanged.Content.ReadAsByteArrayAsync()).Length));
    }

    [Fact]
    public async Task Document_DescribesEveryOperation()
    {
        var faults = new List<string>();
        var names = new HashSet<string>(StringComparer.Ordinal);

        foreach (var (at, operation) in await Operations())
        {
            if (!operation.TryGetProperty("operationId", out var name) || !names.Add(name.GetString()!)) faults.Add($"{at}: no operationId of its own");
            foreach (var field in new[] { "summary", "description" })
            {
                if (!operation.TryGetProperty(field, out var text) || text.GetString() is not { Length: > 5 }) faults.Add($"{at}: no {field}");
            }

            if (!operation.TryGetProperty("tags", out var tags) || tags.GetArrayLength() != 1) faults.Add($"{at}: not exactly one tag");
            foreach (var parameter in operation.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray() : default)
            {
                if (!parameter.TryGetProperty("description", out _)) faults.Add($"{at}: the parameter {parameter.GetProperty("name")} is not described");
            }
        }

        Assert.Empty(faults);
    }

    [Fact]
    public async Task Document_NamesTheRefusalsOfEveryGuardedOperation()
    {
        var faults =
            from operation in await Operations()
            where operation.Operation.TryGetProperty("security", out _)
            from status in new[] { "400", "401", "403", "429", "500", "503" }
            where !operation.Operation.GetProperty("responses").TryGetProperty(status, out var answer)
                || !answer.GetProperty("content").TryGetProperty("application/problem+json", out _)
            select $"{operation.At}: {status}";

        Assert.Empty(faults);
    }

    [Fact]
    public async Task Document_SaysNothingOfNullInAnswers()
    {
        var document = (await Api.Get("/openapi/v1.json")).Json;
        var faults =
            from schema in document.GetProperty("components").GetProperty("schemas").EnumerateObject()
            where !schema.Name.EndsWith("Request", StringComparison.Ordinal)
            where schema.Value.GetRawText().Contains("\"null\"", StringComparison.Ordinal)
            select schema.Name;

        Assert.Empty(faults);
    }

    [Fact]
    public async Task Document_PassesThePublicLinter()
    {
        var file = Path.Combine(DataDirectory, "openapi.json");
        await File.WriteAllBytesAsync(file, (await Api.Get("/openapi/v1.json")).Body);

        var (exitCode, output) = await NodeProgram.Run(
            "@stoplight/spectral-cli/dist/index.js", "lint", file, "--ruleset", Path.Combine(NodeProgram.ClientsDirectory, "spectral.yaml"), "--fail-severity", "hint");

        Assert.True(exitCode == 0, output);
    }

    private async Task<IReadOnlyList<(string At, JsonElement Operation)>> Operations() =>
    [
        .. from path in (await Api.Get("/openapi/v1.json")).At("paths").EnumerateObject()
           from operation in path.Value.EnumerateObject()
           where Methods.Contains(operation.Name, StringComparer.Ordinal)
           select ($"{operation.Name} {path.Name}", operation.Value),
    ];
}
