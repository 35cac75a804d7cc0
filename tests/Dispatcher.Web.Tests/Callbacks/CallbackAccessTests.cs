using System.Net;
using System.Text.Json;
using Dispatcher.Store.Sqlite;
using Dispatcher.Tests.Shared;
using Dispatcher.Web.Keys;
using Dispatcher.Web.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Web.Tests.Callbacks;

/// <summary>Who may see and do what with callbacks.</summary>
public sealed class CallbackAccessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Callbacks_AreATenantsOwn()
    {
        var (acme, globex) = (await Key("acme", "admin"), await Key("globex", "admin"));
        await using var service = await Start(allowPrivate: true);
        using var mine = new Api(Client(service, acme));
        using var other = new Api(Client(service, globex));
        var secret = (await mine.Get("/webhooks/secret")).Text("secret");
        Assert.NotEqual(secret, (await other.Get("/webhooks/secret")).Text("secret"));
        await using var receiver = await NodeReceiver.Start(secret);
        await mine.Register(Support.Workflows.Quick);
        var job = await mine.Create(Body(receiver.Url));
        Assert.True((await receiver.Next()).GetProperty("verified")[0].GetBoolean());

        var delivery = (await mine.Get("/webhooks/deliveries")).At("deliveries")[0];
        Assert.Empty((await other.Get("/webhooks/deliveries")).At("deliveries").EnumerateArray());
        Assert.Empty((await other.Get($"/webhooks/deliveries?job={job}")).At("deliveries").EnumerateArray());
        Assert.Equal(HttpStatusCode.NotFound, (await other.Post($"/webhooks/deliveries/{delivery.GetProperty("id")}/replay")).Status);
        Assert.Empty((await other.Get("/webhooks/receivers")).At("receivers").EnumerateArray());
        Assert.False(receiver.HasMore);
    }

    [Theory]
    [InlineData("viewer", 403, 403)]
    [InlineData("submitter", 403, 403)]
    [InlineData("worker", 403, 403)]
    [InlineData("operator", 200, 403)]
    [InlineData("admin", 200, 200)]
    public async Task Endpoints_NeedTheirRoles(string role, int log, int secret)
    {
        var key = await Key("acme", role);
        await using var service = await Start(allowPrivate: false);
        using var api = new Api(Client(service, key));
        Assert.Equal(log, (int)(await api.Get("/webhooks/deliveries")).Status);
        Assert.Equal(log, (int)(await api.Get("/webhooks/receivers")).Status);
        Assert.Equal(log == 200 ? 404 : 403, (int)(await api.Post("/webhooks/deliveries/1/replay")).Status);
        Assert.Equal(secret, (int)(await api.Get("/webhooks/secret")).Status);
        Assert.Equal(secret, (int)(await api.Post("/webhooks/secret/rotate")).Status);
    }

    [Fact]
    public async Task Callback_StaysHere_WhenItsReceiverHasAPrivateAddress()
    {
        await using var receiver = await NodeReceiver.Start("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        await using var service = await Start(allowPrivate: false);
        using var api = new Api(service.Client());
        await api.Register(Support.Workflows.Quick);
        var job = await api.Create(Body(receiver.Url));
        var delivery = await Poll.Until(
            async () => (await api.Get($"/webhooks/deliveries?job={job}")).At("deliveries"),
            deliveries => deliveries.GetArrayLength() == 1 && deliveries[0].GetProperty("attempts").GetInt32() > 0);
        Assert.Contains("dispatcher.callbacks.allow-private-addresses", delivery[0].GetProperty("last_error").GetString(), StringComparison.Ordinal);
        Assert.False(receiver.HasMore);
    }

    private static string Body(Uri url) => JsonSerializer.Serialize(new { workflow = "quick", callback = new { url, events = new[] { "job.completed" } } });

    private static HttpClient Client(TestService service, string key)
    {
        var client = service.Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return client;
    }

    private Task<TestService> Start(bool allowPrivate) => TestService.Start(
        _directory.Path, options => options.Node = options.Node with { Callbacks = options.Node.Callbacks with { AllowPrivateAddresses = allowPrivate } });

    /// <summary>A key, made in the data directory before the service starts.</summary>
    private async Task<string> Key(string tenant, string role)
    {
        await using var store = SqliteJobStore.Open(new SqliteStoreOptions { DataDirectory = _directory.Path }, TimeProvider.System, NullLogger.Instance);
        return Assert.IsType<KeyAnswer.Made>(await new KeyBook(store, TimeProvider.System).Create(tenant, role, [role], null)).Text;
    }
}
