using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Dispatcher.Host.Tests;

/// <summary><c>dispatcher serve</c> over TLS.</summary>
public sealed class ServeHttpsTests : IDisposable
{
    private readonly CommandRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Serve_SpeaksTlsWithItsCertificate_AndTellsBrowsersToStayWithIt()
    {
        using var certificate = WriteCertificate();
        await using var serve = await ServeRun.Start(_run, "https://127.0.0.1:0", "dispatcher.web { certificate-file = cert.pem, certificate-key-file = key.pem }");
        using var handler = new SocketsHttpHandler { SslOptions = { CertificateChainPolicy = Trusting(certificate) } };
        using var client = new HttpClient(handler) { BaseAddress = serve.Address };
        using var answer = await client.GetAsync("/health/live");
        Assert.True(answer.IsSuccessStatusCode);
        Assert.Equal("max-age=31536000", answer.Headers.GetValues("Strict-Transport-Security").Single());
    }

    [Fact]
    public async Task Serve_SaysWhatIsWrong_WhenTheCertificateCannotBeRead()
    {
        _run.Write("cert.pem", "nothing");
        var output = await _run.OnData("serve", "--urls", "https://127.0.0.1:0", "--config", _run.Write("serve.conf", "dispatcher.web { certificate-file = cert.pem, certificate-key-file = key.pem }"));
        Assert.Equal(2, output.ExitCode);
        Assert.Contains("cert.pem", output.Error, StringComparison.Ordinal);
        Assert.Contains("cannot be used", output.Error, StringComparison.Ordinal);
    }

    private static X509ChainPolicy Trusting(X509Certificate2 certificate) => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        CustomTrustStore = { certificate },
        RevocationMode = X509RevocationMode.NoCheck,
    };

    private X509Certificate2 WriteCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        _run.Write("cert.pem", certificate.ExportCertificatePem());
        _run.Write("key.pem", key.ExportPkcs8PrivateKeyPem());
        return certificate;
    }
}
