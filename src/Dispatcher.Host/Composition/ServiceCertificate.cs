using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dispatcher.Host.Commands;
using Dispatcher.Host.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Dispatcher.Host.Composition;

/// <summary>The certificate of https addresses.</summary>
internal static class ServiceCertificate
{
    /// <exception cref="CommandException">An address is https and there is no certificate that can be used.</exception>
    public static void Use(KestrelServerOptions kestrel, WebSettings web, IEnumerable<string> urls, string currentDirectory)
    {
        if (!urls.Any(url => url.StartsWith("https:", StringComparison.OrdinalIgnoreCase))) return;
        if (web.CertificateFile.Length == 0)
            throw new CommandException(ExitCode.Usage, "An https address needs a certificate: set dispatcher.web.certificate-file and dispatcher.web.certificate-key-file.");
        var (certificate, chain) = Read(Path.GetFullPath(web.CertificateFile, currentDirectory), Path.GetFullPath(web.CertificateKeyFile, currentDirectory));
        kestrel.ConfigureHttpsDefaults(https => (https.ServerCertificate, https.ServerCertificateChain) = (certificate, chain));
    }

    private static (X509Certificate2 Certificate, X509Certificate2Collection Chain) Read(string file, string keyFile)
    {
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(file);
            return (X509Certificate2.CreateFromPemFile(file, keyFile), chain);
        }
        catch (Exception failure) when (failure is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Usage, $"The certificate {file} with the key {keyFile} cannot be used: {failure.Message}");
        }
    }
}
