using System.Net;
using System.Net.Http.Headers;
using Dispatcher.Web.Access;
using Dispatcher.Web.Contracts;
using Dispatcher.Web.Contracts.TalkAvocado;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Contracts.TalkAvocado;

/// <summary>With keys the caller's key names the tenant: no other exists for it. Jobs start at once here.</summary>
public sealed class TalkAvocadoTenancyTests : ServiceTest
{
    private readonly LogLines _log = new();
    private string _acme = "";
    private string _globex = "";

    protected override void Configure(DispatcherOptions options)
    {
        options.Contracts.Add(Contract.TalkAvocado);
        options.TalkAvocado = new TalkAvocadoOptions { StartOnCreate = true };
    }

    protected override void ConfigureServices(IServiceCollection services) => _log.AddTo(services);

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        (_acme, _globex) = (await Key("acme"), await Key("globex"));
    }

    [Fact]
    public async Task Create_IsForbidden_ForAnotherTenant()
    {
        var (status, text) = await Send(HttpMethod.Post, "/jobs", _acme, """{"tenantId":"globex"}""");
        Assert.Equal((HttpStatusCode.Forbidden, """{"error":"tenantId is not the tenant of this key"}"""), (status, text));
        Assert.False(Directory.Exists(Path.Combine(DataDirectory, "artifacts", "dev", "globex")));
    }

    [Fact]
    public async Task Show_IsNotFound_ForAnotherTenantsJob_WhateverTenantIsNamed()
    {
        var id = await Create(_acme, "acme");
        var nobody = await Send(HttpMethod.Get, "/jobs/0190163d-8694-739b-aea5-966c26f8ad91?tenantId=globex", _globex);
        foreach (var tenant in new[] { "acme", "globex" })
            Assert.Equal(nobody, await Send(HttpMethod.Get, $"/jobs/{id}?tenantId={tenant}", _globex));
        Assert.Equal((HttpStatusCode.NotFound, """{"error":"Job not found"}"""), nobody);
        Assert.Equal(HttpStatusCode.OK, (await Send(HttpMethod.Get, $"/jobs/{id}?tenantId=acme", _acme)).Status);
    }

    [Fact]
    public async Task Start_IsNotFound_ForAnotherTenantsJob()
    {
        var id = await Create(_acme, "acme");
        Assert.Equal((HttpStatusCode.NotFound, """{"error":"Job not found"}"""), await Send(HttpMethod.Post, $"/jobs/{id}/start?tenantId=acme", _globex));
    }

    [Fact]
    public async Task Key_OfOneTenant_IsAnotherKeyForAnother()
    {
        Assert.Equal(HttpStatusCode.Created, (await Send(HttpMethod.Post, "/jobs", _acme, """{"tenantId":"acme"}""", ("x-idempotency-key", "k"))).Status);
        Assert.Equal(HttpStatusCode.Created, (await Send(HttpMethod.Post, "/jobs", _globex, """{"tenantId":"globex"}""", ("x-idempotency-key", "k"))).Status);
    }

    [Fact]
    public async Task Anything_IsUnauthorized_WithoutAKey() =>
        Assert.Equal(HttpStatusCode.Unauthorized, (await Send(HttpMethod.Post, "/jobs", null, """{"tenantId":"acme"}""")).Status);

    [Fact]
    public async Task Roles_ViewersShowAndSubmittersCreateAndStart()
    {
        var viewer = await Key("acme", "viewer");
        var worker = await Key("acme", "worker");
        var id = await Create(_acme, "acme");
        Assert.Equal(HttpStatusCode.Forbidden, (await Send(HttpMethod.Post, "/jobs", viewer, """{"tenantId":"acme"}""")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await Send(HttpMethod.Post, $"/jobs/{id}/start?tenantId=acme", viewer)).Status);
        Assert.Equal(HttpStatusCode.OK, (await Send(HttpMethod.Get, $"/jobs/{id}?tenantId=acme", viewer)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await Send(HttpMethod.Get, $"/jobs/{id}?tenantId=acme", worker)).Status);
    }

    [Fact]
    public async Task StartOnCreate_RunsTheSkeletonToCompleted()
    {
        var id = await Create(_acme, "acme");
        var job = Dispatcher.Jobs.JobId.Parse(id);
        var ended = Service.Engine.Node.Feed.WhenEnded(job);
        if (await Service.Engine.Store.FindJob(job) is not { Status: Dispatcher.Jobs.JobStatus.Completed }) await ended;
        var (_, text) = await Send(HttpMethod.Get, $"/jobs/{id}?tenantId=acme", _acme);
        Assert.Contains("\"status\":\"completed\"", text, StringComparison.Ordinal);
        Assert.Equal(["mark-processing", "noop-or-steps", "mark-completed"], (await Service.Engine.Gateway.Inspect(job))!.State!.Plan.Steps.Select(step => step.Id));
    }

    [Fact]
    public async Task Log_HasCorrelationTenantAndJob_OfEveryCreate()
    {
        var (_, text) = await Send(HttpMethod.Post, "/jobs", _acme, """{"tenantId":"acme"}""", ("x-correlation-id", "corr-9"));
        var id = System.Text.Json.JsonElement.Parse(text).GetProperty("jobId").GetString()!;
        Assert.Contains(_log.All, line => line.Contains(id, StringComparison.Ordinal) && line.Contains("correlation_id:corr-9 tenant_id:acme", StringComparison.Ordinal));
    }

    private async Task<string> Create(string key, string tenant)
    {
        var (status, text) = await Send(HttpMethod.Post, "/jobs", key, $$"""{"tenantId":"{{tenant}}"}""");
        Assert.True(status == HttpStatusCode.Created, text);
        return System.Text.Json.JsonElement.Parse(text).GetProperty("jobId").GetString()!;
    }

    private async Task<(HttpStatusCode Status, string Text)> Send(HttpMethod method, string path, string? key, string? body = null, params (string Name, string Value)[] headers)
    {
        using var client = Service.Client();
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        using var answer = await client.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task<string> Key(string tenant, params string[] roles)
    {
        var by = Service.Services.GetRequiredService<OperatorKey>().Text;
        var made = await Service.Json(HttpMethod.Post, "/api/v1/keys", by, new { tenant, roles = roles.Length > 0 ? roles : ["submitter", "viewer"] }, HttpStatusCode.Created);
        return made.GetProperty("key").GetString()!;
    }
}
