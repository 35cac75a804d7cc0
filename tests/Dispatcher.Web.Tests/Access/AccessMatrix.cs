using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Dispatcher.Web.Access;
using Dispatcher.Web.Tests.Callbacks;
using Dispatcher.Web.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Access;

/// <summary>One service with the things of one tenant, and callers of every kind.</summary>
internal sealed class AccessMatrix : IAsyncDisposable
{
    public const string Tenant = "acme";

    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _client;
    private string _operatorKey = "";
    private string _job = "";
    private string _delivery = "";
    private string _lease = "";

    private AccessMatrix(TestService service) => (Service, _client) = (service, service.Client());

    public TestService Service { get; }

    /// <summary>The callers: what they are called, their key, and their roles; null for those without a good key.</summary>
    public List<(string Name, string? Key, string? Tenant, IReadOnlySet<Role>? Roles)> Callers { get; } = [("no key", null, null, null), ("a bad key", $"dk_{new string('a', 12)}_{new string('b', 43)}", null, null)];

    public static async Task<AccessMatrix> Start()
    {
        var directory = new TemporaryDirectory();
        var matrix = new AccessMatrix(await TestService.Start(directory.Path));
        await matrix.Prepare();
        return matrix;
    }

    /// <summary>All endpoints of the service that runs, as <c>GET /api/v1/jobs</c>.</summary>
    public IEnumerable<string> Endpoints() =>
        from endpoint in Service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["*"]
        select $"{method} /{endpoint.RoutePattern.RawText!.Trim('/')}";

    /// <summary>Sends the row's request with a key; gives the status and the beginning of the body, since some bodies do not end.</summary>
    public async Task<(HttpStatusCode Status, string Text)> Send(string endpoint, AccessRow row, string? key)
    {
        var (method, pattern) = (endpoint.Split(' ')[0], endpoint.Split(' ')[1]);
        using var request = new HttpRequestMessage(new HttpMethod(method == "*" ? row.Method : method), await Path(row, pattern));
        if (row.Body is not null) request.Content = new StringContent(row.Body.Replace("$lease", _lease, StringComparison.Ordinal), Encoding.UTF8, "application/json");
        if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var isStream = answer.Content.Headers.ContentType?.MediaType == "text/event-stream";
        return (answer.StatusCode, isStream ? "" : await answer.Content.ReadAsStringAsync());
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Service.DisposeAsync();
        _directory.Dispose();
    }

    private async Task<string> Path(AccessRow row, string pattern)
    {
        var path = (row.Thing ?? pattern).Replace("$job", _job, StringComparison.Ordinal).Replace("$delivery", _delivery, StringComparison.Ordinal).Replace("$lease", _lease, StringComparison.Ordinal);
        // A key of its own for each request, since the requests end it.
        if (path.Contains("$key", StringComparison.Ordinal)) path = path.Replace("$key", (await MakeKey(Tenant, "viewer")).GetProperty("id").GetString(), StringComparison.Ordinal);
        return path.Replace("{name}", "x", StringComparison.Ordinal).Replace("{version:int}", "1", StringComparison.Ordinal).Replace("{documentName}", "v1", StringComparison.Ordinal).Replace("{shard:int}", "0", StringComparison.Ordinal)
            .Replace("{meter}", "minutes", StringComparison.Ordinal);
    }

    private async Task Prepare()
    {
        _operatorKey = Service.Services.GetRequiredService<OperatorKey>().Text;
        foreach (var role in Enum.GetValues<Role>()) await AddCaller(Tenant, role);
        await AddCaller("other", Role.Admin);
        using var api = new Api(Service.Client());
        api.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Callers.Single(caller => caller.Name == "acme's admin").Key);
        foreach (var workflow in new[] { Support.Workflows.Guarded, Support.Workflows.Slow, Support.Workflows.Quick, Support.Workflows.Outside }) await api.Register(workflow);
        Assert.Equal(HttpStatusCode.OK, (await api.Put("/quota/guarded-minutes", """{"plan":"free","limit":1}""")).Status);
        _job = await api.Create("""{"workflow":"guarded","labels":{"owner":"acme"}}""");
        var called = await api.Create("""{"workflow":"quick","callback":{"url":"http://127.0.0.1:9/","events":["job.completed"]}}""");
        var deliveries = await Poll.Until(async () => (await api.Get($"/webhooks/deliveries?job={called}")).At("deliveries"), found => found.GetArrayLength() == 1);
        _delivery = deliveries[0].GetProperty("id").ToString();
        await api.Create("""{"workflow":"outside"}""");
        _lease = (await api.Post("/workers/lease", """{"queues":["outside"],"worker":"acme's"}""")).Text("leases.0.lease");
    }

    private async Task AddCaller(string tenant, Role role)
    {
        var made = await MakeKey(tenant, role.ToText());
        Callers.Add(($"{tenant}'s {role.ToText()}", made.GetProperty("key").GetString(), tenant, RoleSet.Of(role)));
    }

    private Task<System.Text.Json.JsonElement> MakeKey(string tenant, string role) =>
        Service.Json(HttpMethod.Post, "/api/v1/keys", _operatorKey, new { tenant, roles = new[] { role } }, HttpStatusCode.Created);
}
