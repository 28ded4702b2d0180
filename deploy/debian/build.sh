#!/usr/bin/env bash
# Builds the hub's Debian package, with the .NET runtime in it:   bash deploy/debian/build.sh [OUT_DIR]   prints the package's path
# Needs the .NET SDK, Node.js and dpkg-deb. Leaves the checkout as it was.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$(mkdir -p "${1:-$root/.artifacts}" && cd "${1:-$root/.artifacts}" && pwd)
case $(dpkg --print-architecture) in
  amd64) arch=amd64 rid=linux-x64 ;;
  arm64) arch=arm64 rid=linux-arm64 ;;
  *) echo "There is no package for $(dpkg --print-architecture): amd64 and arm64 only." >&2; exit 1 ;;
esac
version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' "$root/Directory.Build.props")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree lib=$work/tree/usr/lib/cityedge-hub
mkdir -p "$lib" "$tree/usr/bin" "$tree/etc/cityedge" "$tree/usr/lib/systemd/system" "$tree/usr/share/doc/cityedge-hub" "$tree/DEBIAN"
# Lock files of its own: a package for one system restores that system's runtime too.
dotnet publish "$root/hub/CityEdge.Hub" -c Release -r $rid --self-contained -o "$lib" --artifacts-path "$work/build" -p:PackageLockDir="$work/locks" -p:BuildCity=false \
  -p:RunAnalyzersDuringBuild=false -p:DebugType=none -p:GenerateDocumentationFile=false -v quiet --nologo >&2
ln -s ../lib/cityedge-hub/cityedge-hub "$tree/usr/bin/cityedge-hub"
install -m 644 "$root/deploy/hub.yaml" "$tree/etc/cityedge/hub.yaml"
sed 's|/opt/cityedge/hub/cityedge-hub|/usr/bin/cityedge-hub|; s|file:/opt/cityedge/README.md|file:/usr/share/doc/cityedge-hub/README.md|' "$root/deploy/systemd/cityedge-hub.service" >"$tree/usr/lib/systemd/system/cityedge-hub.service"
install -m 644 "$root/README.md" "$root/README.zh-CN.md" "$root/deploy/debian/README.Debian" "$tree/usr/share/doc/cityedge-hub/"
install -m 644 "$root/LICENSE" "$tree/usr/share/doc/cityedge-hub/copyright"
install -m 755 "$root"/deploy/debian/{postinst,prerm,postrm} "$tree/DEBIAN/"
echo /etc/cityedge/hub.yaml >"$tree/DEBIAN/conffiles"
find "$tree" -type d -exec chmod 755 {} +
find "$lib" -type f ! -name cityedge-hub ! -name createdump -exec chmod 644 {} +
(cd "$tree" && find usr -type f -exec md5sum {} + >DEBIAN/md5sums)
sed "s|@VERSION@|$version|; s|@ARCH@|$arch|; s|@SIZE@|$(du -sk "$tree/usr" | cut -f1)|" "$root/deploy/debian/control.in" >"$tree/DEBIAN/control"
package=$out/cityedge-hub_${version}_$arch.deb
dpkg-deb --root-owner-group -Zzstd -z9 --build "$tree" "$package" >&2
echo "$package"
