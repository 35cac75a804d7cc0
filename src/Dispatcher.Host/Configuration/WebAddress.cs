using Microsoft.AspNetCore.Http;

namespace Dispatcher.Host.Configuration;

/// <summary>An address to listen on.</summary>
internal static class WebAddress
{
    /// <summary>True for http or https with a host or address and a port, and no path.</summary>
    public static bool TryParse(string text, out BindingAddress address)
    {
        try
        {
            address = BindingAddress.Parse(text);
            return address.Scheme is "http" or "https" && address.PathBase.Length == 0 && address.Host.Length > 0;
        }
        catch (FormatException)
        {
            address = null!;
            return false;
        }
    }
}
